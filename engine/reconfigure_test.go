package engine

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// reconfigure changes the configuration, and returns when it has taken effect.
func (w *world) reconfigure(set func(*Config)) {
	cfg := w.Config()
	set(&cfg)
	w.Reconfigure(cfg)
	settle()
}

// TestReconfigureReadOnly shows that editing can be switched off and on while people write: they
// are notified, nothing is merged in between, and what was refused is requested afterwards.
func TestReconfigureReadOnly(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, y := w.joinJSON("r", ann), w.joinSynced("r")
		y.types(0, "x")
		pass(time.Second)
		a.conn.take()
		y.conn.take()
		w.reconfigure(func(c *Config) { c.ReadOnly = true })
		a.wantAccess("switched off", "editing is switched off", true)
		y.types(1, "y")
		settle()
		y.wantMessages("refused", protocol.Failure)
		w.reconfigure(func(c *Config) { c.PeersPerRoom = 7 })
		a.wantMessages("another change")
		w.reconfigure(func(c *Config) { c.ReadOnly = false })
		a.wantAccess("switched on", "editing is switched on again", false)
		y.wantMessages("is asked for the refused update", protocol.SyncRequest)
		if a.room.version != 1 {
			t.Errorf("version %d", a.room.version)
		}
		y.sends(protocol.SyncReply, typed(y.id, 0, "xy"))
		pass(time.Second)
		if a.room.version != 2 {
			t.Errorf("version %d after editing was switched on", a.room.version)
		}
	})
}

// TestReconfigurePresence shows that presence can be switched off and on while people are there:
// all states and users are taken back, nothing is sent while it is off, and then everybody is
// shown again, also those who came meanwhile.
func TestReconfigurePresence(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, y := w.joinJSON("r", ann), w.joinSynced("r")
		y.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 1, `{"user":{"name":"Yve"}}`)))
		pass(time.Second)
		a.conn.take()
		y.conn.take()

		w.reconfigure(func(c *Config) { c.NoPresence = true })
		pass(time.Second)
		left := 0
		for _, m := range a.conn.take() {
			if m.Type == "presence" && m.Event == "left" {
				left++
			}
		}
		if left != 2 {
			t.Errorf("a native client is sent that %d users have left, want 2", left)
		}
		if got := y.conn.removedStates(t); got != 2 {
			t.Errorf("a y-websocket client is sent the removal of %d states, want 2", got)
		}
		y.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 2, `{"user":{"name":"Yve"}}`)))
		b := w.joinJSON("r", bob)
		pass(time.Minute)
		for _, m := range append(a.conn.take(), b.conn.take()...) {
			if m.Type == "presence" || len(m.Room.Participants) > 0 {
				t.Errorf("while presence is off, a native client is sent %+v", m)
			}
		}
		y.conn.keptAlive()

		w.reconfigure(func(c *Config) { c.NoPresence = false })
		if !y.conn.hasReceived(protocol.AwarenessRequest) {
			t.Error("a y-websocket client is not asked for its state")
		}
		y.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 99, `{"user":{"name":"Yve"}}`)))
		pass(time.Second)
		joined := map[string]bool{}
		for _, m := range b.conn.take() {
			if m.Type == "presence" && m.Event == "joined" {
				joined[m.User.ID] = true
			}
		}
		if !joined["ann"] || len(joined) < 2 {
			t.Errorf("a native client is sent %v", joined)
		}
		if n := len(y.room.presence.Clients()); n != 3 {
			t.Errorf("%d states, want those of two native clients and one of y-websocket", n)
		}
	})
}

// removedStates returns how many states the messages since the last call remove.
func (c *memConn) removedStates(t *testing.T) (n int) {
	for _, m := range c.take() {
		if m.Kind != protocol.Awareness {
			continue
		}
		u, err := yjs.CheckAwareness(m.Body)
		if err != nil {
			t.Fatal(err)
		}
		for e := range u.Entries() {
			if e.Removed() {
				n++
			}
		}
	}
	return n
}

// TestReconfigureLimits shows that limits apply to what comes after the change, and that fields
// that must stay do.
func TestReconfigureLimits(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinJSON("r", ann)
		w.reconfigure(func(c *Config) {
			c.PeersPerRoom, c.SnapshotInterval = 1, 10*time.Second
			c.Window, c.DocumentBytes = time.Hour, 1
		})
		_, err := w.Join(context.Background(), roomkey.MustParse("r"), new(jsonConn), protocol.JSON{}, bob)
		if err != errRoomFull {
			t.Errorf("a further peer: %v", err)
		}
		if a.conn.why != nil {
			t.Errorf("a peer that was there is closed with %v", a.conn.why)
		}
		a.types(1, 0, "x")
		pass(time.Minute)
		if w.store.saves != 1 || a.room.version != 1 {
			t.Errorf("%d snapshots, version %d", w.store.saves, a.room.version)
		}
		w.reconfigure(func(c *Config) { c.PeersPerRoom = 2 })
		w.joinJSON("r", bob)
	})
}

// TestReconfigureKeepsStore shows that the store is called as at the start, and that rooms which it
// keeps for ever do not begin to expire.
func TestReconfigureKeepsStore(t *testing.T) {
	inWorld(t, Config{SnapshotKeep: -1}, func(w *world) {
		before := w.Config()
		w.reconfigure(func(c *Config) { c.SnapshotKeep, c.StoreTimeout = time.Second, time.Hour })
		if after := w.Config(); after.SnapshotKeep != -1 || after.StoreTimeout != before.StoreTimeout {
			t.Errorf("kept for %v, calls take %v", after.SnapshotKeep, after.StoreTimeout)
		}
	})
}

// TestReconfigureWhileLoading shows that a room that is loading gets the new configuration, and is
// used by nobody else before it is loaded, which the race detector would report.
func TestReconfigureWhileLoading(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		for n := range uint64(100) {
			a.types(n, "x")
			pass(100 * time.Millisecond)
		}
		a.Leave()
		for n := range 20 {
			pass(time.Hour)
			if i := w.info("r"); i.Peers != 0 || i.Version != 0 {
				t.Fatalf("still loaded: %+v", i)
			}
			joined := make(chan *client, 1)
			go func() { joined <- w.join("r") }()
			cfg := w.Config()
			cfg.NoPresence = n%2 == 0
			var b *client
			for b == nil {
				w.Reconfigure(cfg)
				select {
				case b = <-joined:
				default:
				}
			}
			b.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 1, `{"user":{"name":"Yve"}}`)))
			settle()
			if got, want := b.room.presence.Len(), n%2; got != want {
				t.Errorf("%d states, want %d", got, want)
			}
			b.Leave()
		}
	})
}

// TestReconfigureDrafts shows that the times of drafts apply also to edits that wait to be saved.
func TestReconfigureDrafts(t *testing.T) {
	inRecordWorld(t, Config{Drafts: Drafts{Quiet: time.Hour, Interval: time.Hour}}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		a.writes("text, saved")
		pass(time.Minute)
		before := len(w.records.saved())
		w.reconfigure(func(c *Config) { c.Drafts.Quiet, c.Drafts.Interval = time.Second, 2*time.Second })
		pass(3 * time.Second)
		if after := len(w.records.saved()); before != 0 || after != 1 {
			t.Errorf("%d drafts before, %d after", before, after)
		}
	})
}

// TestReconfigureWhileWriting shows that nothing is lost of what people write, and that everybody
// is shown in the end, while the configuration is replaced again and again by several goroutines.
func TestReconfigureWhileWriting(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		const edits = 200
		a, b := w.joinJSON("r", ann), w.joinSynced("r")
		var changing sync.WaitGroup
		for i := range 2 {
			changing.Go(func() {
				for n := range edits {
					cfg := w.Config()
					cfg.NoPresence, cfg.QueueBytes = (n+i)%2 == 0, 1<<20+n
					w.Reconfigure(cfg)
					time.Sleep(3 * time.Millisecond) // in the bubble's time
				}
			})
		}
		for n := range uint64(edits) {
			a.types(1, n, "x")
			b.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, n+1, `{"user":{"name":"Yve"}}`)))
			time.Sleep(3 * time.Millisecond)
		}
		changing.Wait()
		w.reconfigure(func(c *Config) { c.NoPresence = false })
		b.sends(protocol.Awareness, awarenessUpdate(stateEntry(7, 2*edits, `{"user":{"name":"Yve"}}`)))
		pass(time.Second)
		if v := b.conn.stateVector(); len(v) != 1 || v[0].Clock != edits {
			t.Errorf("%v", v)
		}
		if n := a.room.presence.Len(); n != 2 {
			t.Errorf("%d states, want 2", n)
		}
	})
}
