package transport

import (
	"context"
	"testing"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

// TestPingOnce shows that each connection is pinged once in an interval, and that they are spread over it.
func TestPingOnce(t *testing.T) {
	w := newWorld(t, func(s *setup) { s.cfg.PingAfter = -1 })
	clients := make([]*client, 2*beats)
	for i := range clients {
		clients[i] = dial(t, w, "/realtime/records/a")
		clients[i].hear(codec.SyncRequest)
	}
	w.until("all are there", func() bool { return w.conns.size() == len(clients) })
	for beat := range beats {
		due := 0
		w.conns.each(beat, func(*conn) { due++ })
		if due != len(clients)/beats {
			t.Errorf("beat %d pings %d", beat, due)
		}
	}
	for now := range time.Duration(3) {
		w.settle() // a ping is left out while something is written
		w.advance(now * time.Second)
		for _, c := range clients {
			c.await(gws.OpcodePing)
		}
	}
}

// TestNoNeedlessPing leaves the ping out where something has gone both ways of late, and only there.
func TestNoNeedlessPing(t *testing.T) {
	w := newWorld(t)
	client := dial(t, w, "/realtime/records/a")
	client.hear(codec.SyncRequest)
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
		c.heard.Store(int64(test.heard))
		c.wrote.Store(int64(test.wrote))
		if got := c.silent(test.now); got != test.want {
			t.Errorf("heard %v, wrote %v, at %v: %v", test.heard, test.wrote, test.now, got)
		}
	}
}

// TestReap ends the connection that sends nothing and keeps those that send a frame, a pong, or part of a frame.
func TestReap(t *testing.T) {
	for _, test := range []struct {
		name string
		send func(*client)
		live bool
	}{
		{"nothing", func(*client) {}, false},
		{"pong", func(c *client) { c.send(gws.OpcodePong, nil) }, true},
		{"message", func(c *client) { c.say(codec.AwarenessRequest, nil) }, true},
		{"part of a frame", func(c *client) { c.write(masked(gws.OpcodeBinary, make([]byte, 100))[:50]) }, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			client := dial(t, w, "/realtime/records/a")
			client.hear(codec.SyncRequest)
			c := w.only()
			w.advance(74 * time.Second)
			client.await(gws.OpcodePing)
			w.settle() // a ping still being written would have stalled by then
			if test.live {
				test.send(client)
				w.until("it is heard", func() bool { return c.heard.Load() > 0 })
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

// TestReapBoundary shows that IdleTimeout is when a connection is ended, no sooner.
func TestReapBoundary(t *testing.T) {
	w := newWorld(t)
	dial(t, w, "/realtime/records/a").hear(codec.SyncRequest)
	c := w.only()
	if w.advance(w.cfg.IdleTimeout - 1); c.closing.Load() {
		t.Error("too early")
	}
	if w.advance(w.cfg.IdleTimeout); !c.closing.Load() {
		t.Error("still there")
	}
	if n := w.counters.reaped.Get(); n != 1 {
		t.Errorf("%d counted", n)
	}
}

// TestReapUnresponsive shows that the dead are gone when they do not answer the close frame either.
func TestReapUnresponsive(t *testing.T) {
	w := newWorld(t, with(Config{CloseTimeout: 10 * time.Millisecond}))
	dial(t, w, "/realtime/records/a").hear(codec.SyncRequest)
	w.only()
	w.advance(w.cfg.IdleTimeout)
	w.until("it is gone", func() bool { return w.conns.size() == 0 })
}

// TestDrain shows what a restart looks like to clients, and that Serve waits for them.
func TestDrain(t *testing.T) {
	w := newWorld(t)
	ann, bob := dial(t, w, "/realtime/records/a"), dial(t, w, "/realtime/records/b")
	ann.hear(codec.SyncRequest)
	bob.hear(codec.SyncRequest)
	ann.say(codec.Update, insertion(1, 0))
	ann.hear(codec.Update)
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

// TestDrainUnresponsive shows that clients that do not close cannot hold up a restart.
func TestDrainUnresponsive(t *testing.T) {
	w := newWorld(t, with(Config{DrainTimeout: 2 * time.Second, CloseTimeout: time.Hour}))
	c := dial(t, w, "/realtime/records/a")
	c.hear(codec.SyncRequest)
	w.end()
	c.await(gws.OpcodeCloseConnection)
	if _, _, err := c.next(); err == nil {
		t.Error("something follows the close frame")
	}
}

// TestDrainStalled shows that a client that takes nothing, in the midst of what it is sent,
// makes a restart wait for no longer than CloseTimeout, and is no failure.
func TestDrainStalled(t *testing.T) {
	w := newWorld(t, with(Config{CloseTimeout: 50 * time.Millisecond, DrainTimeout: 20 * time.Second}))
	deaf := dial(t, w, "/realtime/records/a")
	deaf.hear(codec.SyncRequest)
	c := w.only()
	failed := stuff(c)
	w.until("a write waits", func() bool { return c.writing.Load() != idle })
	ann := dial(t, w, "/realtime/records/a")
	ann.hear(codec.SyncRequest)
	ann.say(codec.Update, insertion(1, 0))
	ann.hear(codec.Update) // and it waits to be written to the other
	w.end()
	if err := <-failed; err == nil {
		t.Error("what it was sent has arrived")
	}
}

// TestDrainWhileAsking shows that nobody waits for who is asked about a client's token.
func TestDrainWhileAsking(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	w := newWorld(t, withAuth(doorman(func(context.Context, string) (engine.Identity, error) {
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

// TestDrainWhileLoading shows that a client whose room is still loading is told as well.
func TestDrainWhileLoading(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	w := newWorld(t, withAuth(doorman(func(context.Context, string) (engine.Identity, error) {
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
