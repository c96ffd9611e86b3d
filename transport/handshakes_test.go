package transport

import (
	"container/list"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/persist"
)

// says opens a connection and sends text.
func (w *world) says(text string) *client {
	w.t.Helper()
	c := connect(w.t, w)
	c.write([]byte(text))
	return c
}

// mustEnd requires that the server closes the connection, having written nothing but an answer with that status.
func (c *client) mustEnd(status int) {
	c.t.Helper()
	c.readAnswer()
	if rest, err := io.ReadAll(c.br); err != nil || c.answer.StatusCode != status || len(rest) > 0 {
		c.t.Errorf("%s, then %q, %v", c.answer.Status, rest, err)
	}
}

// awaitsClients waits until the server waits for the clients of n handshakes, and so may close any of them.
func (w *world) awaitsClients(n int) {
	w.t.Helper()
	w.until("their clients are waited for", func() bool {
		g := w.shaking.Load()
		if g == nil {
			return false
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		waited := 0
		for _, queue := range []*list.List{&g.late, &g.timely} {
			for e := queue.Front(); e != nil; e = e.Next() {
				if e.Value.(*handshake).evictable() {
					waited++
				}
			}
		}
		return waited == n
	})
}

// TestSlowHandshakes fills all slots with clients that do not get on, in each way there is, and goes in.
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
					w.awaitsClients(slots)
				}
				clients[i] = w.says(test.says)
			}
			for _, c := range clients[:slow-slots] { // in the order in which they came
				c.mustEnd(http.StatusRequestTimeout)
			}
			w.mustCount("realtime_handshakes_evicted_total", slow-slots)
			w.mustLog("handshake slots", `"slots":1024`)
			for _, path := range []string{"/healthz", "/readyz", "/version", "/metrics"} {
				c := w.says("GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n")
				if c.readAnswer(); c.answer.StatusCode != http.StatusOK {
					t.Errorf("%s: %s", path, c.answer.Status)
				}
			}
			dial(t, w, "/realtime/records/a").hear(codec.SyncRequest)
			clients[slow-slots].mustEnd(http.StatusRequestTimeout)
			if n := w.count("realtime_handshakes_evicted_total"); n > slow-slots+5 {
				t.Errorf("%d evicted", n)
			}
			last := clients[slow-1] // one that has come late is still welcome
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

// TestSlowAfterHeader shows that slots are not kept by clients that promise a body and send none, nor by those that do not read.
func TestSlowAfterHeader(t *testing.T) {
	clock := &hand{}
	w := newWorld(t, with(Config{Handshakes: 3, HandshakeTimeout: 1000 * time.Hour}), withClock(clock))
	var slow []*client
	for range 3 {
		c := w.says("POST /healthz HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\n")
		slow = append(slow, c)
	}
	w.until("all are being answered", func() bool {
		g := w.shaking.Load()
		if g == nil {
			return false
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		n := 0
		for e := g.timely.Front(); e != nil; e = e.Next() {
			if e.Value.(*handshake).stage == answersHTTP {
				n++
			}
		}
		return n == 3
	})
	clock.add(answerGrace)
	dial(t, w, "/realtime/records/a").hear(codec.SyncRequest)
	if _, err := io.ReadAll(slow[0].br); err != nil && strings.Contains(err.Error(), "timeout") {
		t.Error("the oldest is still there")
	}
	w.mustCount("realtime_handshakes_evicted_total", 1)
}

// elsewhere is a listener whose connections come from an address that a test chooses.
type elsewhere struct {
	net.Listener
	from func(n int) string // of the nth
	n    int
}

type farConn struct {
	net.Conn
	from net.Addr
}

func (c farConn) RemoteAddr() net.Addr { return c.from }

func (l *elsewhere) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.n++
	return farConn{c, net.TCPAddrFromAddrPort(netip.MustParseAddrPort(l.from(l.n - 1)))}, nil
}

func comingFrom(f func(n int) string) option {
	return func(s *setup) {
		s.listen = func(l net.Listener) net.Listener { return &elsewhere{Listener: l, from: f} }
	}
}

// TestCountedBeforeHeader shows that a connection counts for its address when it is accepted, and that those beyond the
// address's rate are the first to be closed, though others have waited longer.
func TestCountedBeforeHeader(t *testing.T) {
	addresses := []string{"192.0.2.1:1", "192.0.2.7:1", "192.0.2.7:2", "192.0.2.7:3", "192.0.2.7:4", "192.0.2.9:1", "192.0.2.7:5", "192.0.2.8:1"}
	w := newWorld(t, with(Config{Handshakes: 5, HandshakesPerIP: 1, HandshakeBurst: 2, HandshakeTimeout: 1000 * time.Hour}),
		comingFrom(func(n int) string { return addresses[n] }), withClock(&hand{}))
	var slow []*client
	for range 5 {
		slow = append(slow, w.says(""))
	}
	w.awaitsClients(5)
	dial(t, w, "/realtime/records/a").hear(codec.SyncRequest)
	slow[3].mustEnd(http.StatusRequestTimeout) // the first beyond the burst
	w.until("it has left its slot", func() bool { return w.handshakes() == 4 })
	over := w.says(request("/realtime/records/a"))
	if over.readAnswer(); over.answer.StatusCode != http.StatusTooManyRequests || over.answer.Header.Get("Retry-After") == "" {
		t.Errorf("%s", over.answer.Status)
	}
	w.mustCount("realtime_handshakes_refused_total", 3)
	if over.conn.Close(); w.handshakes() > 5 {
		t.Error("too many")
	}
	dial(t, w, "/realtime/records/a").hear(codec.SyncRequest)
}

// TestWhoseAddressCounts shows for which peers a connection counts before its header.
func TestWhoseAddressCounts(t *testing.T) {
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
		s := New(cfg, engine.New(engine.Config{}, persist.NewMemory(), log), Anyone{}, log)
		c := farConn{from: net.TCPAddrFromAddrPort(netip.MustParseAddrPort(test.peer))}
		for i := range 2 {
			counted, wait := s.allowConn(c)
			if counted != test.counted || (wait > 0) != (counted && i == 1) {
				t.Errorf("%v, the %dth time: %v, %s", test, i+1, counted, wait)
			}
		}
	}
}

// TestServerBehind shows that nobody is closed whose bytes are there and wait for the server: then the next one waits, too.
func TestServerBehind(t *testing.T) {
	w := newWorld(t, with(Config{Handshakes: 2}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := newHandshakes(l, w.Server)
	defer g.Close()
	send := func() (near, far net.Conn) {
		near, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { near.Close() })
		near.Write([]byte("12"))
		if far, err = g.Accept(); err != nil {
			t.Fatal(err)
		}
		w.until("it has come", func() bool { return hasUnread(far.(*handshake).Conn) })
		return near, far
	}
	_, first := send()
	_, second := send()
	third, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	accepted := make(chan error, 1)
	go func() {
		_, err := g.Accept()
		accepted <- err
	}()
	starves := func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.starve
	}
	w.until("it waits", starves)
	if _, err := io.ReadFull(second, make([]byte, 2)); err != nil { // all that was there
		t.Fatal(err)
	}
	if !starves() || g.held() != 2 || w.limits.evicted.Get() != 0 {
		t.Fatal("somebody is closed")
	}
	ended := make(chan error, 1)
	go func() {
		_, err := second.Read(make([]byte, 1)) // from here on the client is waited for
		ended <- err
	}()
	if err := <-ended; err == nil {
		t.Error("it is still read")
	}
	if err := <-accepted; err != nil {
		t.Error(err)
	}
	if _, err := io.ReadFull(first, make([]byte, 2)); err != nil {
		t.Errorf("the first one: %v", err)
	}
}

// heldListener is a listener that accepts nobody before it is told to.
type heldListener struct {
	net.Listener
	accept chan struct{}
}

func (l heldListener) Accept() (net.Conn, error) {
	<-l.accept
	return l.Listener.Accept()
}

// TestReconnectStorm shows that nobody is closed when many come at once whose headers are there.
func TestReconnectStorm(t *testing.T) {
	accept := make(chan struct{})
	w := newWorld(t, with(Config{Handshakes: 4}), func(s *setup) {
		s.listen = func(l net.Listener) net.Listener { return heldListener{l, accept} }
	})
	var clients []*client
	for range 100 {
		clients = append(clients, w.says(request("/realtime/records/a")))
	}
	close(accept)
	for _, c := range clients {
		if c.readAnswer(); c.answer.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("%s", c.answer.Status)
		}
	}
	w.mustCount("realtime_handshakes_evicted_total", 0)
}

// TestAcceptEnds shows that who waits for a slot learns that the listener is closed.
func TestAcceptEnds(t *testing.T) {
	w := newWorld(t, with(Config{Handshakes: 1}))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	g := newHandshakes(l, w.Server)
	ended := make(chan error)
	for range 2 {
		c, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		go func() {
			_, err := g.Accept()
			ended <- err
		}()
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	w.until("the other waits", func() bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		return g.starve
	})
	g.Close()
	if err := <-ended; err == nil {
		t.Error("it is let in")
	}
}

// TestHandshakesOnce shows that each slot is given back once, whatever became of its connection.
func TestHandshakesOnce(t *testing.T) {
	w := newWorld(t, with(Config{Handshakes: 4}))
	for i := range 20 {
		switch i % 4 {
		case 0:
			dial(t, w, "/realtime/records/a").conn.Close()
		case 1:
			w.says("nonsense\r\n\r\n").readAnswer()
		case 2:
			w.says("").conn.Close()
		case 3:
			w.says(fmt.Sprintf("GET /%d HTTP/1.1\r\nHost: test\r\n\r\n", i)).readAnswer()
		}
	}
	w.until("all slots are free", func() bool { return w.handshakes() == 0 })
}
