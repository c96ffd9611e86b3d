package limit

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// secure makes the listener speak TLS, and serves it.
func secure(t *testing.T, g *Listener) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	g.cfg.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server := &http.Server{
		ConnState: g.ConnState, ConnContext: ConnContext, ErrorLog: log.New(io.Discard, "", 0),
		ReadHeaderTimeout: patience,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			AnswersHTTP(r)
			if HandshakeOf(r) == nil || r.TLS == nil {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}),
	}
	go server.Serve(g)
	t.Cleanup(func() { server.Close() })
}

func get(t *testing.T, c net.Conn) (answer string, err error) {
	t.Helper()
	c.SetDeadline(time.Now().Add(patience))
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n"); err != nil {
		return "", err
	}
	return bufio.NewReader(c).ReadString('\n')
}

func overTLS(t *testing.T, g *Listener) net.Conn {
	return tls.Client(dial(t, g), &tls.Config{InsecureSkipVerify: true})
}

// TestTLSEvictsSlowHandshakes shows that clients that stall in the TLS handshake, or after it, do
// not keep their slots.
func TestTLSEvictsSlowHandshakes(t *testing.T) {
	g, clock := listen(t, 2)
	g.cfg.Now = func() time.Duration { return time.Duration(clock.Add(int64(headerGrace))) }
	secure(t, g)
	silent := dial(t, g)
	half := dial(t, g)
	if _, err := io.WriteString(half, "\x16\x03\x01\x02\x00\x01"); err != nil {
		t.Fatal(err)
	}
	until(t, "both are waited for", func() bool { return g.Evictable() == 2 })
	shaken := overTLS(t, g)
	if err := shaken.(*tls.Conn).Handshake(); err != nil {
		t.Fatal(err)
	}
	until(t, "it is waited for, too", func() bool { return g.Evictable() == 2 && g.Held() == 2 })
	for range 3 {
		if answer, err := get(t, overTLS(t, g)); err != nil || !strings.HasPrefix(answer, "HTTP/1.1 200") {
			t.Errorf("%q, %v", answer, err)
		}
	}
	for _, c := range []net.Conn{silent, half} {
		c.SetReadDeadline(time.Now().Add(patience))
		if _, err := c.Read(make([]byte, 1)); err == nil || strings.Contains(err.Error(), "timeout") {
			t.Errorf("it is still there: %v", err)
		}
	}
	if n := g.cfg.Evicted.Get(); n < 2 {
		t.Errorf("%d evicted", n)
	}
}

// TestTLSOverRate shows that a client over the rate of its address is refused before the TLS
// handshake, with an alert, and that this is reported.
func TestTLSOverRate(t *testing.T) {
	g, _ := listen(t, 4)
	var reported, handshakes atomic.Int32
	g.cfg.Allow = func(net.Conn) (bool, time.Duration) { return true, time.Second }
	g.cfg.OverRate = func(net.Conn) { reported.Add(1) }
	secure(t, g)
	g.cfg.TLS.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		handshakes.Add(1)
		return nil, nil
	}
	for range 3 {
		_, err := get(t, overTLS(t, g))
		if err == nil || !strings.Contains(err.Error(), "internal error") {
			t.Errorf("%v", err)
		}
	}
	if reported.Load() != 3 || handshakes.Load() != 0 {
		t.Errorf("%d are reported, %d handshakes are begun", reported.Load(), handshakes.Load())
	}
	until(t, "all slots are free", func() bool { return g.Held() == 0 })
}

// TestPlainHTTPToTLS shows that a client that speaks HTTP to a port for TLS is told so, however
// long its request is.
func TestPlainHTTPToTLS(t *testing.T) {
	g, _ := listen(t, 4)
	secure(t, g)
	for _, cookie := range []string{"", strings.Repeat("a", 30_000)} {
		c := dial(t, g)
		c.SetDeadline(time.Now().Add(patience))
		if _, err := io.WriteString(c, "GET /realtime/records/a HTTP/1.1\r\nHost: test\r\nCookie: "+cookie+"\r\n\r\n"); err != nil {
			t.Fatal(err)
		}
		answer, err := io.ReadAll(c)
		if err != nil || !strings.HasPrefix(string(answer), "HTTP/1.0 400") || !strings.Contains(string(answer), "HTTPS") {
			t.Errorf("%q, %v", answer, err)
		}
		c.Close()
	}
	until(t, "all slots are free", func() bool { return g.Held() == 0 })
}

// TestSecure shows which requests count as coming over TLS.
func TestSecure(t *testing.T) {
	a := Addresses{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	for _, test := range []struct {
		peer   string
		header http.Header
		tls    bool
		want   bool
	}{
		{"10.0.0.1:1", http.Header{"X-Forwarded-Proto": {"https"}}, false, true},
		{"10.0.0.1:1", http.Header{"X-Forwarded-Proto": {"WSS"}}, false, true},
		{"10.0.0.1:1", http.Header{"X-Forwarded-Proto": {"http"}}, false, false},
		{"10.0.0.1:1", http.Header{"X-Forwarded-Proto": {"https, http"}}, false, false},
		{"10.0.0.1:1", http.Header{"X-Forwarded-Proto": {"http, https"}}, false, false},
		{"10.0.0.1:1", http.Header{"X-Forwarded-Proto": {"https", "https"}}, false, true},
		{"10.0.0.1:1", http.Header{"X-Forwarded-Proto": {""}}, false, false},
		{"10.0.0.1:1", http.Header{"X-Forwarded-Proto": {"http"}, "Forwarded": {"proto=https"}}, false, false},
		{"10.0.0.1:1", http.Header{"Forwarded": {`for=192.0.2.1;Proto="https"`}}, false, true},
		{"10.0.0.1:1", http.Header{"Forwarded": {"for=192.0.2.1;proto=https, for=10.0.0.2"}}, false, false},
		{"10.0.0.1:1", http.Header{"Forwarded": {"proto=https, proto=http"}}, false, false},
		{"10.0.0.1:1", nil, false, false},
		{"192.0.2.1:1", http.Header{"X-Forwarded-Proto": {"https"}}, false, false},
		{"127.0.0.1:1", http.Header{"X-Forwarded-Proto": {"https"}}, false, false},
		{"192.0.2.1:1", nil, true, true},
		{"nonsense", http.Header{"X-Forwarded-Proto": {"https"}}, false, false},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr, r.Header = test.peer, test.header
		if test.tls {
			r.TLS = &tls.ConnectionState{}
		}
		if got := a.Secure(r); got != test.want {
			t.Errorf("%s %v: %v", test.peer, test.header, got)
		}
	}
}
