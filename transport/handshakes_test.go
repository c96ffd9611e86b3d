package transport

import (
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// sendText makes a TCP connection and sends text.
func (w *world) sendText(text string) *client {
	w.t.Helper()
	c := connect(w.t, w)
	c.write([]byte(text))
	return c
}

// mustEnd checks that the server closes the connection, after at most an answer with that status.
func (c *client) mustEnd(status int) {
	c.t.Helper()
	c.readAnswer()
	if rest, err := io.ReadAll(c.br); err != nil || c.answer.StatusCode != status || len(rest) > 0 {
		c.t.Errorf("%s, then %q, %v", c.answer.Status, rest, err)
	}
}

// awaitEvictable waits until n handshakes wait for their clients, and so may be evicted.
func (w *world) awaitEvictable(n int) {
	w.t.Helper()
	w.until("their clients are waited for", func() bool {
		l := w.listener.Load()
		return l != nil && l.Evictable() == n
	})
}

// TestSlowHandshakes shows that further clients are served when clients that are slow in each
// possible way have taken all slots.
func TestSlowHandshakes(t *testing.T) {
	const slow, slots = 1100, 1024
	for _, test := range []struct{ name, says, rest string }{
		{"nothing", "", "GET /healthz HTTP/1.1\r\nHost: test\r\n\r\n"},
		{"half a line", "GET /hea", "lthz HTTP/1.1\r\nHost: test\r\n\r\n"},
		{"half a header", "GET /healthz HTTP/1.1\r\nHost: test\r\n", "\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, with(Config{HandshakeTimeout: 1000 * time.Hour}))
			clients := make([]*client, slow)
			for i := range clients {
				if i == slots {
					w.awaitEvictable(slots)
				}
				clients[i] = w.sendText(test.says)
			}
			for _, c := range clients[:slow-slots] { // in their order of accept
				c.mustEnd(http.StatusRequestTimeout)
			}
			w.mustCount("realtime_handshakes_evicted_total", slow-slots)
			w.mustLog("handshake slots", `"slots":1024`)
			for _, path := range []string{"/healthz", "/readyz", "/healthz", "/metrics"} {
				c := w.sendText("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n")
				if c.readAnswer(); c.answer.StatusCode != http.StatusOK {
					t.Errorf("%s: %s", path, c.answer.Status)
				}
			}
			dial(t, w, "/realtime/records/a").receive(protocol.SyncRequest)
			clients[slow-slots].mustEnd(http.StatusRequestTimeout)
			if n := w.count("realtime_handshakes_evicted_total"); n > slow-slots+5 {
				t.Errorf("%d evicted", n)
			}
			last := clients[slow-1] // one of the last is still served
			last.write([]byte(test.rest))
			if last.readAnswer(); last.answer.StatusCode != http.StatusOK {
				t.Errorf("the last one has got %s", last.answer.Status)
			}
			if strings.Count(w.log.String(), "all handshake slots") != 1 {
				t.Errorf("logged more than once:\n%s", w.log)
			}
		})
	}
}

// addressListener is a listener whose connections come from addresses that a test chooses.
type addressListener struct {
	net.Listener
	from func(n int) string // returns the address of the nth
	n    int
}

type addressConn struct {
	net.Conn
	from net.Addr
}

func (c addressConn) RemoteAddr() net.Addr { return c.from }

func (l *addressListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.n++
	return addressConn{c, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(l.from(l.n - 1)))}, nil
}

func fromAddresses(f func(n int) string) option {
	return func(s *setup) {
		s.listen = func(l net.Listener) net.Listener { return &addressListener{Listener: l, from: f} }
	}
}

// TestCountedBeforeHeader shows that a connection is counted by its address when it is accepted,
// and that those beyond the rate of an address are evicted first, though others have waited longer.
func TestCountedBeforeHeader(t *testing.T) {
	addresses := []string{"192.0.2.1:1", "192.0.2.7:1", "192.0.2.7:2", "192.0.2.7:3", "192.0.2.7:4", "192.0.2.9:1", "192.0.2.7:5", "192.0.2.8:1"}
	clock := &testClock{}
	w := newWorld(t, with(Config{Handshakes: 5, HandshakesPerIP: 1, HandshakeBurst: 2, HandshakeTimeout: 1000 * time.Hour}),
		fromAddresses(func(n int) string { return addresses[n] }), withClock(clock))
	var slow []*client
	for range 5 {
		slow = append(slow, w.sendText(""))
	}
	w.until("all are accepted", func() bool { return w.handshakes() == 5 })
	clock.add(250 * time.Millisecond) // so long has a client within its rate to send its header
	w.awaitEvictable(5)
	dial(t, w, "/realtime/records/a").receive(protocol.SyncRequest)
	slow[3].mustEnd(http.StatusRequestTimeout) // the first beyond the burst
	w.until("it has left its slot", func() bool { return w.handshakes() == 4 })
	over := w.sendText(request("/realtime/records/a"))
	if over.readAnswer(); over.answer.StatusCode != http.StatusTooManyRequests || over.answer.Header.Get("Retry-After") == "" {
		t.Errorf("%s", over.answer.Status)
	}
	w.mustCount("realtime_handshakes_refused_total", 3)
	if over.conn.Close(); w.handshakes() > 5 {
		t.Error("too many")
	}
	dial(t, w, "/realtime/records/a").receive(protocol.SyncRequest)
}

// TestCountedAddresses shows for which peers a connection is counted before its header has come.
func TestCountedAddresses(t *testing.T) {
	for _, test := range []struct {
		peer      string
		unlimited bool
		counted   bool
	}{
		{"192.0.2.1:5", false, true},
		{"[2001:db8::1]:5", false, true},
		{"127.0.0.1:5", false, false},
		{"[::1]:5", false, false},
		{"[::ffff:127.0.0.1]:5", false, false},
		{"10.0.0.7:5", false, false},
		{"[::ffff:10.0.0.7]:5", false, false},
		{"192.0.2.1:5", true, false},
	} {
		cfg := Config{Unlimited: test.unlimited, HandshakeBurst: 1, TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
		log := slog.New(slog.DiscardHandler)
		s := New(cfg, engine.New(engine.Config{}, persist.NewMemory(), log), auth.AllowAll{}, log)
		c := addressConn{from: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(test.peer))}
		for i := range 2 {
			counted, wait := s.allow(c)
			if counted != test.counted || (wait > 0) != (counted && i == 1) {
				t.Errorf("%v, the %dth time: %v, %s", test, i+1, counted, wait)
			}
		}
	}
}

// heldListener is a listener that accepts connections only when the test allows it.
type heldListener struct {
	net.Listener
	accept chan struct{}
}

func (l heldListener) Accept() (net.Conn, error) {
	<-l.accept
	return l.Listener.Accept()
}

// TestReconnectStorm shows that no connection is evicted when many whose headers have come wait at
// once.
func TestReconnectStorm(t *testing.T) {
	accept := make(chan struct{})
	w := newWorld(t, with(Config{Handshakes: 4}), func(s *setup) {
		s.listen = func(l net.Listener) net.Listener { return heldListener{l, accept} }
	})
	var clients []*client
	for range 100 {
		clients = append(clients, w.sendText(request("/realtime/records/a")))
	}
	close(accept)
	for _, c := range clients {
		if c.readAnswer(); c.answer.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("%s", c.answer.Status)
		}
	}
	w.mustCount("realtime_handshakes_evicted_total", 0)
}

// TestHandshakesOnce shows that each slot is released exactly once, however its connection ends.
func TestHandshakesOnce(t *testing.T) {
	w := newWorld(t, with(Config{Handshakes: 4}))
	for i := range 20 {
		switch i % 4 {
		case 0:
			dial(t, w, "/realtime/records/a").conn.Close()
		case 1:
			w.sendText("nonsense\r\n\r\n").readAnswer()
		case 2:
			w.sendText("").conn.Close()
		case 3:
			w.sendText(fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: test\r\n\r\n", i)).readAnswer()
		}
	}
	w.until("all slots are free", func() bool { return w.handshakes() == 0 })
}
