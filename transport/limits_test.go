package transport

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
)

// proxied makes the server trust the header X-Forwarded-For of the tests' connections.
func proxied(cfg Config) option {
	cfg.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	return with(cfg)
}

func from(ip string) string { return "X-Forwarded-For: " + ip }

// usersByToken admits every token as the user with that id, and clients without one anonymously.
var usersByToken = withAuth(authFunc(func(_ context.Context, token string) (engine.Identity, error) {
	return engine.Identity{ID: token, Anonymous: token == ""}, nil
}))

// testClock is a clock that tests advance, and that each wait of a throttled connection advances.
type testClock struct {
	now   atomic.Int64
	waits atomic.Int64
	real  atomic.Pointer[time.Time] // it is the real time since then; nil: it is now
}

func (h *testClock) add(d time.Duration) { h.now.Add(int64(d)) }
func (h *testClock) set(d time.Duration) { h.now.Store(int64(d)) }
func (h *testClock) time() time.Duration {
	if started := h.real.Load(); started != nil {
		return time.Since(*started)
	}
	return time.Duration(h.now.Load())
}

// useTestClock stops the clock of a server that is running, and returns it.
func (w *world) useTestClock() *testClock {
	w.limitClock.real.Store(nil)
	return w.limitClock
}

func (h *testClock) install(s *Server) {
	s.rateClock, s.handshakeRate.Now = h.time, h.time
	s.pause = func(c *conn, d time.Duration) {
		if h.real.Load() != nil {
			c.pauseFor(d)
			return
		}
		h.waits.Add(1)
		h.add(d)
		go c.resume()
	}
}

// mustCount waits until a counter has this value, and checks that it is no larger. The server may
// count after it has sent its bytes.
func (w *world) mustCount(name string, want uint64) {
	w.t.Helper()
	w.until(name, func() bool { return w.count(name) >= want })
	if n := w.count(name); n != want {
		w.t.Errorf("%s is %d, want %d", name, n, want)
	}
}

// TestConnectionLimits shows that each limit refuses connections beyond it, and allows one more
// when another has ended.
func TestConnectionLimits(t *testing.T) {
	const room = "/realtime/records/a"
	for _, test := range []struct {
		name   string
		cfg    Config
		first  [2]string // target and header of those that are counted together
		other  [2]string // a client that is not counted with them
		others int       // number of such clients
		which  string
		reason string
	}{
		{"ip", Config{ConnectionsPerIP: 2}, [2]string{room, from("192.0.2.1")}, [2]string{room, from("192.0.2.2")}, 2,
			"ip", "too many connections from this address"},
		{"household", Config{ConnectionsPerIP: 2}, [2]string{room, from("2001:db8::1")}, [2]string{room, from("2001:db8:0:1::1")}, 2,
			"ip", "too many connections from this address"},
		{"no address", Config{ConnectionsPerIP: 2}, [2]string{room, from("192.0.2.1")}, [2]string{room, "X-Nothing: more"}, 3,
			"ip", "too many connections from this address"},
		{"user", Config{ConnectionsPerUser: 2}, [2]string{room + "?token=ann", "X-Nothing: more"}, [2]string{room + "?token=bob", "X-Nothing: more"}, 2,
			"user", "too many connections of this user"},
		{"anonymous", Config{ConnectionsPerUser: 2}, [2]string{room + "?token=ann", "X-Nothing: more"}, [2]string{room, "X-Nothing: more"}, 3,
			"user", "too many connections of this user"},
		{"server", Config{Connections: 2}, [2]string{room, from("192.0.2.1")}, [2]string{}, 0,
			"server", "too many connections to this server"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, proxied(test.cfg), usersByToken)
			first := dial(t, w, test.first[0], test.first[1])
			first.receive(protocol.SyncRequest)
			dial(t, w, test.first[0], test.first[1]).receive(protocol.SyncRequest)
			for range 2 { // twice, as a refused client takes no place
				dial(t, w, test.first[0], test.first[1]).mustClose(engine.CloseTooMany, test.reason)
			}
			w.mustCount(fmt.Sprintf("realtime_connections_refused_total{limit=%q}", test.which), 2)
			w.mustCount(`realtime_connections_closed_total{code="4529"}`, 2)
			for range test.others {
				dial(t, w, test.other[0], test.other[1]).receive(protocol.SyncRequest)
			}
			first.conn.Close()
			w.until("it is gone", func() bool { return w.conns.size() == 1+test.others })
			dial(t, w, test.first[0], test.first[1]).receive(protocol.SyncRequest)
		})
	}
}

// TestSlotsReleased shows that no connection is counted after its end, however it began and ended.
func TestSlotsReleased(t *testing.T) {
	w := newWorld(t, proxied(Config{ConnectionsPerUser: 2, ConnectionsPerIP: 4, CloseTimeout: time.Second}), withAuth(authFunc(func(_ context.Context, token string) (engine.Identity, error) {
		switch token {
		case "bomb":
			panic("boom")
		case "bad":
			return engine.Identity{}, refusedToken("token malformed")
		}
		return engine.Identity{ID: token}, nil
	})))
	for i, token := range []string{"ann", "ann", "ann", "bomb", "bad", "bob"} {
		c := dial(t, w, "/realtime/records/a?token="+token, from("192.0.2.1"))
		if i < 2 {
			c.receive(protocol.SyncRequest)
		} else if i < 5 {
			c.closed()
			w.until("it is gone", func() bool { return w.conns.size() == 2 })
		} else {
			c.receive(protocol.SyncRequest)
		}
	}
	w.end()
	if all, ips, users := w.connLimits.Len(); all != 0 || ips != 0 || users != 0 {
		t.Errorf("left: %d connections, %d addresses, %d users", all, ips, users)
	}
}

// TestTooManyRefusals shows that the number of connections that are refused with a reason is
// limited, too.
func TestTooManyRefusals(t *testing.T) {
	w := newWorld(t, with(Config{Connections: 1, Handshakes: 1, CloseTimeout: time.Hour, DrainTimeout: time.Second}))
	dial(t, w, "/realtime/records/a").receive(protocol.SyncRequest)
	told := dial(t, w, "/realtime/records/a")
	w.until("it is told", func() bool { return w.count(`realtime_connections_closed_total{code="4529"}`) == 1 })
	c := connect(t, w)
	c.handshake("/realtime/records/a", "")
	if c.answer.StatusCode != http.StatusServiceUnavailable || c.answer.Header.Get("Retry-After") != "3600" {
		t.Errorf("%s, %q", c.answer.Status, c.answer.Header.Get("Retry-After"))
	}
	told.mustClose(engine.CloseTooMany, "too many connections to this server")
}

// TestHandshakeRate shows which addresses are refused for their rate, and that addresses that have
// not tried for a while are forgotten.
func TestHandshakeRate(t *testing.T) {
	w := newWorld(t, proxied(Config{HandshakesPerIP: 2, HandshakeBurst: 3}))
	clock := w.useTestClock()
	handshake := func(header string) int {
		c := connect(t, w)
		c.handshake("/realtime/records/a", "", header)
		if c.answer.StatusCode == http.StatusTooManyRequests && c.answer.Header.Get("Retry-After") != "1" {
			t.Errorf("Retry-After: %q", c.answer.Header.Get("Retry-After"))
		}
		return c.answer.StatusCode
	}
	for i, test := range []struct {
		later  time.Duration
		header string
		status int
	}{
		{0, from("192.0.2.1"), 101}, {0, from("192.0.2.1"), 101}, {0, from("192.0.2.1"), 101}, {0, from("192.0.2.1"), 429},
		{0, from("192.0.2.2"), 101},
		{0, "X-Nothing: more", 101}, {0, "X-Nothing: more", 101}, {0, "X-Nothing: more", 101}, {0, "X-Nothing: more", 101},
		{499 * time.Millisecond, from("192.0.2.1"), 429}, {time.Millisecond, from("192.0.2.1"), 101}, {0, from("192.0.2.1"), 429},
		{0, from("2001:db8::1"), 101}, {0, from("2001:db8::2"), 101}, {0, from("2001:db8::3"), 101}, {0, from("2001:db8::4"), 429},
	} {
		clock.add(test.later)
		if status := handshake(test.header); status != test.status {
			t.Errorf("%d: %s has %d, want %d", i, test.header, status, test.status)
		}
	}
	w.mustLog("handshake refused", "WARN", `"code":429`, `"client":"192.0.2.1"`)
	w.mustLog("handshake refused", "WARN", `"code":429`, `"client":"2001:db8::"`)
	if n := strings.Count(w.log.String(), "handshake refused"); n != 2 {
		t.Errorf("%d lines within a minute", n)
	}
	w.mustCount("realtime_handshakes_refused_total", 4)
	if n := w.handshakeRate.Len(); n != 3 {
		t.Errorf("%d addresses", n)
	}
	w.tick(w.started, 0)
	if n := w.handshakeRate.Len(); n != 2 { // the bucket of 192.0.2.2 has had half a second to fill
		t.Errorf("%d addresses after a moment", n)
	}
	clock.add(1500 * time.Millisecond)
	if w.tick(w.started, 0); w.handshakeRate.Len() != 0 {
		t.Errorf("%d addresses in the end", w.handshakeRate.Len())
	}
}

// TestUnlimited shows which limits development mode turns off, and which it keeps.
func TestUnlimited(t *testing.T) {
	w := newWorld(t, proxied(Config{
		Unlimited: true, Connections: 3, ConnectionsPerIP: 1, ConnectionsPerUser: 1, HandshakesPerIP: 1, HandshakeBurst: 1,
		YWebsocketMessagesPerSecond: 1, YWebsocketBurst: 1,
	}), usersByToken)
	clock := w.useTestClock()
	var c *client
	for range 3 {
		c = dial(t, w, "/realtime/records/a?token=ann", from("192.0.2.1"))
		c.receive(protocol.SyncRequest)
	}
	c.flood(20)
	if clock.waits.Load() != 0 {
		t.Error("it is throttled")
	}
	dial(t, w, "/realtime/records/a?token=ann", from("192.0.2.1")).mustClose(engine.CloseTooMany, "too many connections to this server")
}
