package transport

import (
	"context"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
)

// TestPingOnce shows that each connection gets one ping in an interval, and that the pings are
// spread over the interval.
func TestPingOnce(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.cfg.PingAfter = -1 })
	clients := make([]*client, 2*sweepSlots)
	for i := range clients {
		clients[i] = dial(t, w, "/realtime/records/a")
		clients[i].receive(protocol.SyncRequest)
	}
	w.until("all are there", func() bool { return w.conns.size() == len(clients) })
	for beat := range sweepSlots {
		due := 0
		w.conns.each(beat, func(*conn) { due++ })
		if due != len(clients)/sweepSlots {
			t.Errorf("beat %d pings %d", beat, due)
		}
	}
	for now := range time.Duration(3) {
		w.settle() // no ping is sent while something is written
		w.advance(now * time.Second)
		for _, c := range clients {
			c.await(gws.OpcodePing)
		}
	}
}

// TestNoNeedlessPing shows that a ping is omitted only if something was received and something was
// sent lately.
func TestNoNeedlessPing(t *testing.T) {
	w := newWorld(t)
	client := dial(t, w, "/realtime/records/a")
	client.receive(protocol.SyncRequest)
	c := w.only()
	for _, test := range []struct {
		heard, wrote, now time.Duration
		want              bool
	}{
		{0, 0, 19 * time.Second, false},
		{0, 0, 20 * time.Second, true},
		{15 * time.Second, 15 * time.Second, 30 * time.Second, false},
		{15 * time.Second, 0, 30 * time.Second, true},
		{0, 15 * time.Second, 30 * time.Second, true},
	} {
		c.received.Store(int64(test.heard))
		c.sent.Store(int64(test.wrote))
		if got := c.quiet(test.now); got != test.want {
			t.Errorf("heard %v, wrote %v, at %v: %v", test.heard, test.wrote, test.now, got)
		}
	}
}

// TestIdleTimeout shows that a connection that sends nothing is ended, and that a frame, a pong, or
// part of a frame keeps one.
func TestIdleTimeout(t *testing.T) {
	for _, test := range []struct {
		name string
		send func(*client)
		live bool
	}{
		{"nothing", func(*client) {}, false},
		{"pong", func(c *client) { c.send(gws.OpcodePong, nil) }, true},
		{"message", func(c *client) { c.sendMessage(protocol.AwarenessRequest, nil) }, true},
		{"part of a frame", func(c *client) { c.write(masked(gws.OpcodeBinary, make([]byte, 100))[:50]) }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			client := dial(t, w, "/realtime/records/a")
			client.receive(protocol.SyncRequest)
			c := w.only()
			w.advance(74 * time.Second)
			client.await(gws.OpcodePing)
			w.settle() // a ping still being written would count as stalled at that time
			if test.live {
				test.send(client)
				w.until("it is heard", func() bool { return c.received.Load() > 0 })
			}
			w.advance(148 * time.Second)
			if live := !c.closing.Load(); live != test.live {
				t.Fatalf("live: %v", live)
			}
			if !test.live {
				client.mustClose(closeGoingAway, "nothing received")
			}
		})
	}
}

// TestIdleTimeoutBoundary shows that a connection is ended exactly after IdleTimeout.
func TestIdleTimeoutBoundary(t *testing.T) {
	w := newWorld(t)
	dial(t, w, "/realtime/records/a").receive(protocol.SyncRequest)
	c := w.only()
	if w.advance(w.cfg().IdleTimeout - 1); c.closing.Load() {
		t.Error("too early")
	}
	if w.advance(w.cfg().IdleTimeout); !c.closing.Load() {
		t.Error("still there")
	}
	if n := w.counters.reaped.Get(); n != 1 {
		t.Errorf("%d counted", n)
	}
}

// TestIdleTimeoutWithoutAnswer shows that a dead connection, which does not answer the close frame
// either, is removed.
func TestIdleTimeoutWithoutAnswer(t *testing.T) {
	w := newWorld(t, with(Config{CloseTimeout: 10 * time.Millisecond}))
	dial(t, w, "/realtime/records/a").receive(protocol.SyncRequest)
	w.only()
	w.advance(w.cfg().IdleTimeout)
	w.until("it is gone", func() bool { return w.conns.size() == 0 })
}

// TestDrain shows how clients are closed by a shutdown, and that Serve waits for them.
func TestDrain(t *testing.T) {
	w := newWorld(t)
	ann, bob := dial(t, w, "/realtime/records/a"), dial(t, w, "/realtime/records/b")
	ann.receive(protocol.SyncRequest)
	bob.receive(protocol.SyncRequest)
	ann.sendMessage(protocol.Update, insertion(1, 0))
	ann.receive(protocol.Update)
	stopped := make(chan struct{})
	go func() {
		w.end()
		close(stopped)
	}()
	ann.mustClose(engine.CloseUnavailable, "restarting")
	select {
	case <-stopped:
		t.Error("it does not wait for bob")
	default:
	}
	bob.mustClose(engine.CloseUnavailable, "restarting")
	<-stopped
	if w.conns.size() != 0 {
		t.Errorf("%d connections are left", w.conns.size())
	}
}

// TestDrainUnresponsive shows that clients that do not close cannot delay a shutdown beyond its
// limit.
func TestDrainUnresponsive(t *testing.T) {
	w := newWorld(t, with(Config{DrainTimeout: 2 * time.Second, CloseTimeout: time.Hour}))
	c := dial(t, w, "/realtime/records/a")
	c.receive(protocol.SyncRequest)
	w.end()
	c.await(gws.OpcodeCloseConnection)
	if _, _, err := c.next(); err == nil {
		t.Error("something follows the close frame")
	}
}

// TestDrainStalled shows that a client that takes nothing of a write in progress delays a shutdown
// by CloseTimeout at most, and that this is no failure.
func TestDrainStalled(t *testing.T) {
	w := newWorld(t, with(Config{CloseTimeout: 50 * time.Millisecond, DrainTimeout: 20 * time.Second}))
	deaf := dial(t, w, "/realtime/records/a")
	deaf.receive(protocol.SyncRequest)
	c := w.only()
	failed := writeUntilFull(c)
	w.until("a write waits", func() bool { return c.writeWaits.Load() != idle })
	ann := dial(t, w, "/realtime/records/a")
	ann.receive(protocol.SyncRequest)
	ann.sendMessage(protocol.Update, insertion(1, 0))
	ann.receive(protocol.Update) // the same update waits to be written to the other client
	w.end()
	if err := <-failed; err == nil {
		t.Error("what it was sent has arrived")
	}
}

// TestDrainWhileAuthenticating shows that a shutdown does not wait for the Authenticator.
func TestDrainWhileAuthenticating(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	w := newWorld(t, withAuth(authFunc(func(context.Context, string) (engine.Identity, error) {
		close(entered)
		<-release
		return engine.Identity{Anonymous: true}, nil
	})))
	c := dial(t, w, "/realtime/records/a")
	<-entered
	stopped := make(chan struct{})
	go func() {
		w.end()
		close(stopped)
	}()
	c.mustClose(engine.CloseUnavailable, "restarting")
	close(release)
	<-stopped
}

// TestDrainWhileLoading shows that a client whose room is still loading is closed with the reason,
// too.
func TestDrainWhileLoading(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	w := newWorld(t, withAuth(authFunc(func(context.Context, string) (engine.Identity, error) {
		close(entered)
		<-release
		return engine.Identity{Anonymous: true}, nil
	})))
	c := dial(t, w, "/realtime/records/a")
	<-entered
	stopped := make(chan struct{})
	go func() {
		w.end()
		close(stopped)
	}()
	w.until("it drains", func() bool { return w.engine.Ready() != nil })
	close(release)
	c.mustClose(engine.CloseUnavailable, "restarting")
	<-stopped
}
