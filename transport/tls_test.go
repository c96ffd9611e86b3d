package transport

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// testTLS returns the configurations of a server for 127.0.0.1 and of its clients.
var testTLS = sync.OnceValues(func() (server, client *tls.Config) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		panic(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	pair := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"}},
		&tls.Config{RootCAs: roots, ServerName: "127.0.0.1"}
})

// overTLS makes the server, and with it its clients, speak TLS.
func overTLS(s *setup) { s.cfg.TLS, _ = testTLS() }

// secured returns a TLS connection over c, a client's, if the server speaks TLS.
func (w *world) secured(t *testing.T, c net.Conn) net.Conn {
	t.Helper()
	if w.cfg().TLS == nil {
		return c
	}
	_, cfg := testTLS()
	secure := tls.Client(c, cfg)
	if err := secure.Handshake(); err != nil {
		t.Fatal(err)
	}
	return secure
}

// allOverTLS makes all worlds speak TLS.
var allOverTLS bool

// TestRequireTLS shows who is refused without TLS, and that all are told why: pages by a final
// close code, as they cannot see the status of a failed handshake.
func TestRequireTLS(t *testing.T) {
	w := newWorld(t, with(Config{RequireTLS: true, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}}))
	const room, why = "/realtime/records/a", "TLS is required: use wss://"
	dial(t, w, room).mustClose(engine.CloseForbidden, why)
	dial(t, w, room, "X-Forwarded-Proto: http").mustClose(engine.CloseForbidden, why)
	dial(t, w, room, "X-Forwarded-Proto: https").receive(protocol.SyncRequest)
	dial(t, w, room, "Forwarded: for=192.0.2.1;proto=https").receive(protocol.SyncRequest)
	for path, want := range map[string]int{
		"/healthz": http.StatusOK, "/readyz": http.StatusOK, "/": http.StatusForbidden, "/metrics": http.StatusForbidden, room: http.StatusForbidden,
	} {
		status, body, _ := w.get(path)
		if status != want || want == http.StatusForbidden && !strings.Contains(body, "https://") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	w.mustCount("realtime_refused_without_tls_total", 5)
	w.mustLog("connection refused", why)
	w.mustLog("request without TLS refused")
	w.reconfigure(func(c *Config) { c.RequireTLS = false })
	dial(t, w, room).receive(protocol.SyncRequest)
}

// TestRequireTLSWithTLS shows that what comes over TLS is secure without a header.
func TestRequireTLSWithTLS(t *testing.T) {
	w := newWorld(t, overTLS, func(s *setup) { s.cfg.RequireTLS = true })
	dial(t, w, "/realtime/records/a").receive(protocol.SyncRequest)
	w.mustCount("realtime_refused_without_tls_total", 0)
}

// TestHandshakeFailures shows that TLS handshakes that fail are counted, and logged with a reason.
func TestHandshakeFailures(t *testing.T) {
	w := newWorld(t, overTLS)
	if status, body, _ := w.get("/healthz"); status != http.StatusBadRequest || !strings.Contains(body, "HTTPS") {
		t.Errorf("%d %s", status, body)
	}
	w.mustLog("TLS handshake failed", "client sent an HTTP request to an HTTPS server")
	c, err := net.Dial("tcp", w.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := tls.Client(c, &tls.Config{ServerName: "other.example"}).Handshake(); err == nil {
		t.Fatal("a client accepts a certificate for another name")
	}
	w.until("both are counted", func() bool { return w.count("realtime_tls_handshake_failures_total") == 2 })
	w.mustCount("realtime_handshakes_refused_total", 0)
}

// TestRefusedBeforeTLS shows that a client that is refused before its TLS handshake is counted,
// logged, and an event.
func TestRefusedBeforeTLS(t *testing.T) {
	hub := new(events.Hub)
	seen := hub.Subscribe(1)
	defer seen.Close()
	w := newWorld(t, overTLS, func(s *setup) { s.cfg.Events = hub })
	w.refusedBeforeTLS(addressConn{from: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 5}})
	w.mustCount("realtime_tls_handshake_failures_total", 1)
	w.mustLog("TLS handshake refused", "192.0.2.1", "too many handshakes")
	if e := <-seen.C; e.Kind != events.Limited || e.Client != "192.0.2.1" {
		t.Errorf("%+v", e)
	}
}

// TestManyMessagesOverTLS shows that ten thousand messages are received in order, while another
// client reads slowly.
func TestManyMessagesOverTLS(t *testing.T) {
	const n = 10_000
	w := newWorld(t, with(Config{Unlimited: true}), overTLS)
	ann, bob := dial(t, w, "/realtime/records/a"), dial(t, w, "/realtime/records/a")
	ann.receive(protocol.SyncRequest)
	bob.receive(protocol.SyncRequest)
	slow := dial(t, w, "/realtime/records/a") // and never reads
	go io.Copy(io.Discard, ann.br)
	go func() {
		for i := range uint64(n) {
			ann.conn.Write(masked(gws.OpcodeBinary, protocol.YWebsocket{}.Append(nil,
				protocol.Message{Kind: protocol.Update, Body: typedAt(i, []byte("x"))})))
		}
	}()
	var d ydoc.Doc
	for d.Clock(1) < n {
		u, err := yjs.CheckUpdate(bob.receive(protocol.Update))
		if err != nil {
			t.Fatal(err)
		}
		if out := d.Apply(u); out.Missing {
			t.Fatal("something is missing")
		}
	}
	slow.conn.Close()
}
