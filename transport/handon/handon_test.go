package handon

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/transport/mux"
)

// patience bounds every wait for something that must happen.
const patience = 30 * time.Second

const secret = "known to all nodes, and to nobody else"

// listen returns a Listener, and its address.
func listen(t *testing.T, cfg Config) (*Listener, string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	h := Listen(l, cfg)
	t.Cleanup(func() { h.Close() })
	return h, l.Addr().String()
}

var described = Preamble{
	Room: "record:a/ü", Remote: netip.MustParseAddrPort("[2001:db8::1]:443"),
	Client: netip.MustParseAddr("2001:db8::"), Secure: true,
}

// dial opens a stream to a listener.
func dial(t *testing.T, cfg Config, address string) (*mux.Stream, error) {
	t.Helper()
	var d Dialer
	t.Cleanup(d.Close)
	return d.Dial(t.Context(), &cfg, address, described)
}

// TestDial shows that a connection comes to the other node with its description, and carries bytes
// both ways; and that it has the address of the client, and the name of the node.
func TestDial(t *testing.T) {
	server, client := mutualTLS(t)
	for name, cfg := range map[string]Config{
		"plain":      {Node: "first", Secret: secret},
		"mutual TLS": {Node: "first", Secret: secret, DialTLS: client, ListenTLS: server},
	} {
		t.Run(name, func(t *testing.T) {
			l, address := listen(t, cfg)
			here, err := dial(t, cfg, address)
			if err != nil {
				t.Fatal(err)
			}
			defer here.Close()
			there, err := l.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer there.Close()
			want := described
			want.Node = "first"
			if got := there.(*Conn).Preamble; got != want {
				t.Errorf("%+v", got)
			}
			if got := there.RemoteAddr().String(); got != described.Remote.String() {
				t.Errorf("it comes from %s", got)
			}
			mustPass(t, here, there)
			mustPass(t, there, here)
			if Bare(there) != there.(*Conn).Stream || Bare(here) != here {
				t.Error("the connection below is another")
			}
		})
	}
}

func mustPass(t *testing.T, from, to net.Conn) {
	t.Helper()
	const text = "some bytes"
	if _, err := io.WriteString(from, text); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(to, got); err != nil || string(got) != text {
		t.Fatalf("%q, %v", got, err)
	}
}

// TestRefusals shows which connections are refused, that the other node gets the reason, and that
// it is logged without a secret, unless a node is refused that knows it.
func TestRefusals(t *testing.T) {
	server, client := mutualTLS(t)
	stranger := &tls.Config{RootCAs: client.RootCAs} // without a certificate
	busy := func(context.Context, Preamble) *RefusedError {
		return &RefusedError{NotOwner, strings.Repeat("x", 300)}
	}
	for _, test := range []struct {
		name             string
		listening, dials Config
		want             Answer // Accepted: refused without an answer
		logged           string
	}{
		{"another secret", Config{Secret: secret}, Config{Secret: "wrong"}, BadSecret, "different secrets"},
		{"no secret", Config{Secret: secret}, Config{}, BadSecret, "different secrets"},
		{"no secret on both sides", Config{}, Config{}, BadSecret, "different secrets"},
		{"not the owner", Config{Secret: secret, Check: busy}, Config{Secret: secret}, NotOwner, ""},
		{"no certificate", Config{Secret: secret, ListenTLS: server}, Config{Secret: secret, DialTLS: stranger},
			Accepted, "certificate"},
		{"no TLS", Config{Secret: secret, ListenTLS: server}, Config{Secret: secret}, Accepted, "tls"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var log logBuffer
			test.listening.Log = slog.New(slog.NewTextHandler(&log, nil))
			_, address := listen(t, test.listening)
			_, err := dial(t, test.dials, address)
			var refused *RefusedError
			if errors.As(err, &refused) != (test.want != Accepted) || err == nil ||
				refused != nil && (refused.Answer != test.want || refused.Reason == "") {
				t.Errorf("%v", err)
			}
			for deadline := time.Now().Add(patience); !strings.Contains(log.String(), test.logged); {
				if time.Now().After(deadline) {
					t.Fatalf("not logged: %s", log.String())
				}
				time.Sleep(time.Millisecond)
			}
			if strings.Contains(log.String(), secret) {
				t.Error("the secret is logged")
			}
			if _, err := dial(t, Config{}, address); err == nil {
				t.Fatal("a connection without a secret is taken over")
			}
			if strings.Contains(log.String(), "xxx") {
				t.Error("an ordinary refusal is logged")
			}
		})
	}
}

// TestOtherConnections shows that a connection that is neither a call nor has a preamble that can
// be read is closed, also if it sends nothing, and that calls come with their first byte.
func TestOtherConnections(t *testing.T) {
	calls := make(chan net.Conn, 1)
	l, address := listen(t, Config{
		Secret: secret, Timeout: 100 * time.Millisecond, Calls: func(c net.Conn) { calls <- c },
	})
	for name, sent := range map[string]string{
		"nothing": "", "another version": "\x01\x00\x02{}", "a long hello": "\x02\xff\xff",
		"no JSON": "\x02\x00\x01{", "half a hello": "\x02\x00\x10{",
	} {
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		if _, err := io.WriteString(c, sent); err != nil {
			t.Fatal(err)
		}
		_ = c.SetReadDeadline(time.Now().Add(patience))
		answer, err := io.ReadAll(c)
		if len(answer) > 0 && Answer(answer[0]) != BadPreamble || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %q, %v", name, answer, err)
		}
	}
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "POST /"); err != nil {
		t.Fatal(err)
	}
	call := <-calls
	defer call.Close()
	got := make([]byte, 6)
	if _, err := io.ReadFull(call, got); err != nil || string(got) != "POST /" {
		t.Errorf("%q, %v", got, err)
	}
	l.Close()
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v", err)
	}
}

// TestGone shows that a connection that ends before it has said anything is not logged, as nodes
// that end leave some, and that another one that ends too early is.
func TestGone(t *testing.T) {
	first := string(rune(version))
	for _, said := range []string{"", first, first + "\x00", first + "\x00\x10", first + "\x00\x10{"} {
		var log logBuffer
		_, address := listen(t, Config{Secret: secret, Log: slog.New(slog.NewTextHandler(&log, nil))})
		c, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_, _ = io.WriteString(c, said)
		_ = c.(*net.TCPConn).CloseWrite()
		if _, err := io.ReadAll(c); err != nil { // returns when it was handled
			t.Error(err)
		}
		if logged := strings.Contains(log.String(), "EOF"); logged != (said != "") {
			t.Errorf("%q: %s", said, log.String())
		}
	}
}

// TestDialGivesUp shows that a node that does not answer is given up after Config.Timeout, and one
// that is not there at once.
func TestDialGivesUp(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Secret: secret, Timeout: 50 * time.Millisecond}
	if _, err := dial(t, cfg, silent.Addr().String()); err == nil {
		t.Error("a node that is silent has answered")
	}
	silent.Close()
	cfg.Timeout = time.Hour
	if _, err := dial(t, cfg, silent.Addr().String()); err == nil {
		t.Error("a node that is not there has answered")
	}
}

// TestPreambleIsBounded shows that a description that is too long is not sent.
func TestPreambleIsBounded(t *testing.T) {
	if _, err := (Preamble{Room: strings.Repeat("x", maxPreamble)}).encode(); err == nil {
		t.Error("it is sent")
	}
	if _, err := appendHello(nil, hello{Node: strings.Repeat("x", maxPreamble)}); err == nil {
		t.Error("it is sent")
	}
}

// logBuffer keeps what was logged.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *logBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *logBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// mutualTLS returns configurations of two nodes that show each other a certificate.
func mutualTLS(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	all := x509.NewCertPool()
	all.AddCert(leaf)
	pair := []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}
	return &tls.Config{Certificates: pair, ClientCAs: all, ClientAuth: tls.RequireAndVerifyClientCert},
		&tls.Config{Certificates: pair, RootCAs: all}
}
