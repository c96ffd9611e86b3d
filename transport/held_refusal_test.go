package transport

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// prefixAuth admits tokens that begin with "good", each as another user, and refuses all others.
type prefixAuth struct{}

func (*prefixAuth) Admit(_ context.Context, token string, room roomkey.Key) (auth.Session, error) {
	switch {
	case !strings.HasPrefix(token, "good"):
		return auth.Session{}, refusedToken("session expired or unknown")
	case room.String() == "record:missing":
		return auth.Session{}, &engine.CloseError{Code: engine.CloseRoomNotFound, Reason: "no such record"}
	}
	return auth.Session{Identity: engine.Identity{ID: token}}, nil
}

// heldRefusal makes a connection that is refused, and waits until its close is held back and its
// slot released.
func (w *world) heldRefusal(target string, headers ...string) (*client, *conn) {
	w.t.Helper()
	const held = "realtime_closes_held_back_total"
	before := w.count(held)
	c := dial(w.t, w, target, headers...)
	w.until("it is held back", func() bool { return w.count(held) == before+1 })
	return c, w.held()
}

// TestRefusedAgain shows that a client that comes back after each refusal is closed at once twice,
// then later each time, and is sent the reason at once each time.
func TestRefusedAgain(t *testing.T) {
	for name, test := range map[string]struct {
		target string
		why    engine.CloseCode
		reason string
		cfg    Config
	}{
		"dead token":     {"/realtime/records/a?token=dead", engine.CloseAuthFailed, "session expired or unknown", Config{}},
		"no token":       {"/realtime/records/a", engine.CloseAuthFailed, "session expired or unknown", Config{}},
		"missing record": {"/realtime/records/missing?token=good", engine.CloseRoomNotFound, "no such record", Config{}},
		"unknown kind":   {"/realtime/dances/a?token=good", engine.CloseRoomNotFound, "no such kind of room", Config{}},
		"server is full": {"/realtime/records/a?token=good", engine.CloseTooMany, "too many connections to this server", Config{Connections: -1, Handshakes: 100}},
		"switched off":   {"/realtime/records/a?token=good", engine.CloseUnavailable, "realtime is disabled", Config{Disabled: true}},
	} {
		t.Run(name, func(t *testing.T) {
			h := &testClock{}
			w := newWorld(t, withAuth(&prefixAuth{}), with(test.cfg), holdingBack(h))
			for range 2 {
				dial(t, w, test.target, jsonProtocol).mustClose(test.why, test.reason)
			}
			for _, want := range []time.Duration{1, 2, 4, 8, 16, 25, 25} {
				c, held := w.heldRefusal(test.target, jsonProtocol)
				if m := c.awaitJSON("error"); m["error"].(map[string]any)["message"] != test.reason {
					t.Errorf("it is told %v", m)
				}
				due := held.heldBack.Load().at
				if wait := due - h.time(); wait != want*time.Second {
					t.Errorf("held back for %v, want %d s", wait, want)
				}
				w.advance(due - 1)
				if held.closing.Load() {
					t.Error("closed too early")
				}
				h.set(due)
				w.advance(due)
				c.mustClose(test.why, test.reason)
				w.until("it is gone", func() bool { return w.conns.size() == 0 })
			}
			w.mustCount("realtime_closes_held_back_total", 7)
			if n := w.repeats.Refusals(); n != 0 {
				t.Errorf("%d are held back still", n)
			}
		})
	}
}

// TestRefusedClientIdentity shows that a refusal counts as repeated if token and room are the same,
// and that its count ends when the client is let in.
func TestRefusedClientIdentity(t *testing.T) {
	w := newWorld(t, withAuth(&prefixAuth{}))
	for range limit.FreeRefusals {
		dial(t, w, "/realtime/records/a?token=dead").closed()
	}
	for _, other := range []string{"/realtime/records/b?token=dead", "/realtime/records/a?token=lost", "/realtime/records/a", "/realtime/records/missing?token=dead"} {
		dial(t, w, other).mustClose(engine.CloseAuthFailed, "session expired or unknown")
	}
	var full atomic.Bool
	w = newWorld(t, withAuth(authFunc(func(context.Context, string) (engine.Identity, error) {
		if full.Load() {
			return engine.Identity{}, &engine.CloseError{Code: engine.CloseUnavailable, Reason: "try again"}
		}
		return engine.Identity{ID: "u1"}, nil
	})))
	for range 2 {
		full.Store(true)
		for range limit.FreeRefusals {
			dial(t, w, "/realtime/records/a?token=good").mustClose(engine.CloseUnavailable, "try again")
		}
		full.Store(false)
		in := dial(t, w, "/realtime/records/a?token=good")
		in.receive(protocol.SyncRequest)
		in.conn.Close()
		w.until("it is gone", func() bool { return w.conns.size() == 0 })
	}
	w.mustCount("realtime_closes_held_back_total", 0)
}

// TestHeldRefusalsFreeTheirSlots shows that refused connections whose close is held back count
// against no limit for others.
func TestHeldRefusalsFreeTheirSlots(t *testing.T) {
	w := newWorld(t, holdingBack(&testClock{}), withAuth(&prefixAuth{}), proxied(Config{Connections: 2, ConnectionsPerIP: 2, ConnectionsPerUser: 2, Handshakes: 1}))
	const missing = "/realtime/records/missing?token=good"
	for range limit.FreeRefusals {
		dial(t, w, missing, from("192.0.2.1")).closed()
	}
	w.until("they are gone", func() bool { return w.conns.size() == 0 })
	for range 5 {
		w.heldRefusal(missing, from("192.0.2.1"))
	}
	for range 2 {
		dial(t, w, "/realtime/records/a?token=good", from("192.0.2.1")).receive(protocol.SyncRequest)
	}
	w.advance(0)
	if _, metrics, _ := w.get("/metrics"); !strings.Contains(metrics, "realtime_refusals_held_back 5\n") || !strings.Contains(metrics, "realtime_connections 2\n") {
		t.Errorf("5 should be held back, and 2 connected:\n%s", metrics)
	}
	dial(t, w, "/realtime/records/a?token=good", from("192.0.2.1")).mustClose(engine.CloseTooMany, "too many connections to this server")
}

// TestHeldRefusalReleasesItsUser shows that a client that is refused by the room is not counted for
// its user any more.
func TestHeldRefusalReleasesItsUser(t *testing.T) {
	w := newWorld(t, holdingBack(&testClock{}), withAuth(&prefixAuth{}), with(Config{ConnectionsPerUser: 2}), withEngine(engine.Config{PeersPerRoom: 1}))
	const room = "/realtime/records/a?token=good"
	dial(t, w, room).receive(protocol.SyncRequest)
	for range limit.FreeRefusals {
		dial(t, w, room).mustClose(engine.CloseTooMany, "too many connections to this record")
		w.until("it is gone", func() bool { return w.conns.size() == 1 })
	}
	for range 3 {
		w.heldRefusal(room)
	}
	dial(t, w, "/realtime/records/b?token=good").receive(protocol.SyncRequest)
	dial(t, w, "/realtime/records/c?token=good").mustClose(engine.CloseTooMany, "too many connections of this user")
}

// TestHeldRefusalsAreBounded shows that a refusal beyond the limit is closed at once, until one of
// the others has ended.
func TestHeldRefusalsAreBounded(t *testing.T) {
	w := newWorld(t, holdingBack(&testClock{}), withAuth(&prefixAuth{}), with(Config{HeldRefusals: 2}))
	const dead = "/realtime/records/a?token=dead"
	for range limit.FreeRefusals {
		dial(t, w, dead).closed()
	}
	first, _ := w.heldRefusal(dead)
	w.heldRefusal(dead)
	dial(t, w, dead).mustClose(engine.CloseAuthFailed, "session expired or unknown")
	w.mustCount("realtime_refusals_not_held_back_total", 1)
	first.conn.Close()
	w.until("it is gone", func() bool { return w.repeats.Refusals() == 1 })
	w.heldRefusal(dead)
}

// TestHeldRefusalLives shows that a refused connection whose close is held back answers pings and a
// close frame, drops messages of any length without a reservation, and is closed with the reason of
// its refusal when its frames are malformed.
func TestHeldRefusalLives(t *testing.T) {
	w := newWorld(t, holdingBack(&testClock{}), withAuth(&prefixAuth{}), with(Config{FrameBytes: 1 << 16, UnfinishedBytes: 1 << 16}))
	const dead = "/realtime/records/a?token=dead"
	for range limit.FreeRefusals {
		dial(t, w, dead).closed()
	}
	c, held := w.heldRefusal(dead)
	c.sendMessage(protocol.SyncRequest, []byte{0})
	c.send(gws.OpcodeText, nil)
	c.send(gws.OpcodeBinary, make([]byte, 20<<16))
	c.send(gws.OpcodePing, []byte("alive"))
	if got := string(c.await(gws.OpcodePong)); got != "alive" {
		t.Errorf("pong %q", got)
	}
	held.reading.Lock()
	if n := held.frames.Memory(); n != 0 || held.incoming.Load() != nil {
		t.Errorf("it holds %d bytes", n)
	}
	held.reading.Unlock()
	w.mustCount("realtime_skipped_messages_total", 0)
	c.send(gws.OpcodeCloseConnection, []byte{3, 232})
	if payload := c.await(gws.OpcodeCloseConnection); string(payload) != "\x03\xe8" {
		t.Errorf("its close is answered with %x", payload)
	}
	if rest, err := io.ReadAll(c.br); err != nil || len(rest) > 0 {
		t.Errorf("after that %x, %v", rest, err)
	}
	w.until("it is gone", func() bool { return w.repeats.Refusals() == 0 })
	c, _ = w.heldRefusal(dead)
	c.write(masked(3, nil))
	c.mustClose(engine.CloseAuthFailed, "session expired or unknown")
}

// TestHeldRefusalFloods shows that a refused client that sends too much before its close is closed
// with the reason of its refusal, and not with one after which it may come back.
func TestHeldRefusalFloods(t *testing.T) {
	w := newWorld(t, holdingBack(&testClock{}), withAuth(&prefixAuth{}), with(Config{YWebsocketMessagesPerSecond: 1, YWebsocketBurst: 1, RatePatience: time.Second}))
	w.useTestClock()
	const dead = "/realtime/records/a?token=dead"
	for range limit.FreeRefusals {
		dial(t, w, dead).closed()
	}
	c, _ := w.heldRefusal(dead)
	go func() {
		for range 100 {
			c.conn.Write(masked(gws.OpcodePing, nil))
		}
	}()
	c.mustCloseOnly(engine.CloseAuthFailed)
}

// mustCloseOnly checks that the server closes for why. The connection may break before the client
// has sent everything.
func (c *client) mustCloseOnly(why engine.CloseCode) {
	c.t.Helper()
	payload := c.await(gws.OpcodeCloseConnection)
	if code := int(payload[0])<<8 | int(payload[1]); code != StandardCloseCodes.code(why) {
		c.t.Errorf("closed with %d", code)
	}
}

// TestDrainClosesHeldBack shows that a shutdown closes refusals that are held back at once, with
// their reasons, and holds back no later ones.
func TestDrainClosesHeldBack(t *testing.T) {
	w := newWorld(t, holdingBack(&testClock{}), withAuth(&prefixAuth{}), with(Config{DrainTimeout: time.Hour}))
	const dead = "/realtime/records/a?token=dead"
	for range limit.FreeRefusals {
		dial(t, w, dead).closed()
	}
	var held []*client
	for range 3 {
		c, _ := w.heldRefusal(dead)
		held = append(held, c)
	}
	w.stop()
	for _, c := range held {
		c.mustClose(engine.CloseAuthFailed, "session expired or unknown")
	}
	if wait := w.repeats.Closing(limit.RefusedClient("dead", "records/a", netip.Addr{}), limit.FreeRefusals); wait != 0 {
		t.Errorf("held back for %v", wait)
	}
	if err := <-w.served; err != nil {
		t.Error(err)
	}
	w.stop = nil
}

// TestRefusalsAreLoggedOnceAMinute shows that the first refusal of an address is logged at once,
// and later ones in one line a minute with their number.
func TestRefusalsAreLoggedOnceAMinute(t *testing.T) {
	h := &testClock{}
	w := newWorld(t, holdingBack(h), withAuth(&prefixAuth{}), proxied(Config{}))
	lines := func() (n int) { return strings.Count(w.log.String(), "connection refused") }
	refuse := func(target, ip string) { dial(t, w, target, from(ip)).closed() }
	for i := range 10 {
		refuse(fmt.Sprintf("/realtime/records/%d?token=dead", i), "192.0.2.1")
	}
	refuse("/realtime/records/missing?token=good", "192.0.2.1")
	refuse("/realtime/records/missing?token=good", "192.0.2.2")
	w.mustLog("connection refused", "WARN", `"client":"192.0.2.1"`, `"room":"record:0"`, `"code":4401`, "session expired or unknown")
	w.mustLog("connection refused", "INFO", `"client":"192.0.2.2"`, `"code":4404`)
	if n := lines(); n != 2 {
		t.Errorf("%d lines", n)
	}
	h.set(limit.SampleInterval - 1)
	w.advance(limit.SampleInterval - 1)
	if n := lines(); n != 2 {
		t.Errorf("%d lines within a minute", n)
	}
	h.set(limit.SampleInterval)
	w.advance(limit.SampleInterval)
	w.mustLog("connection refused", "WARN", `"client":"192.0.2.1"`, `"times":10`, `"codes":"4401 9, 4404 1"`, "session expired or unknown")
	if n := lines(); n != 3 {
		t.Errorf("%d lines after a minute", n)
	}
	h.set(2 * limit.SampleInterval)
	w.advance(2 * limit.SampleInterval)
	if w.samples.Len() != 0 {
		t.Errorf("%d are remembered", w.samples.Len())
	}
	w.mustNotLog("dead")
}
