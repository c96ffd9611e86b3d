package engine

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// evictWithin calls Evict with a context that ends after d.
func (w *world) evictWithin(room string, d time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	return w.Evict(ctx, roomkey.MustParse(room), "ann")
}

// TestEvict shows that Evict saves a room, closes its peers so that their clients come back, and
// unloads it when they have left; that a join waits meanwhile, and is in the room that was loaded
// anew, with the same document; and that a room that nobody is in is unloaded at once.
func TestEvict(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		a.types(0, "text")
		pass(time.Second)
		evicted := make(chan error, 1)
		go func() { evicted <- w.evictWithin("r", time.Minute) }()
		settle()
		if a.conn.closed() != CloseUnavailable || b.conn.closed() != CloseUnavailable {
			t.Errorf("closed with %d and %d", a.conn.closed(), b.conn.closed())
		}
		if w.snapshotVersion("r") != 1 {
			t.Error("peers were closed before the room was saved")
		}
		joined := make(chan *client, 1)
		go func() { joined <- w.join("r") }()
		a.Leave()
		pass(time.Second)
		if len(evicted) > 0 || len(joined) > 0 {
			t.Error("it did not wait for a peer that is there")
		}
		loads := w.store.loads
		b.Leave()
		pass(100 * time.Millisecond)
		if err := <-evicted; err != nil {
			t.Error(err)
		}
		c := <-joined
		if c.room == a.room || w.store.loads != loads+1 {
			t.Error("the room was not loaded anew")
		}
		if c.room.version != 1 {
			t.Errorf("version %d", c.room.version)
		}
		c.Leave()
		pass(time.Second)
		if err := w.evictWithin("r", time.Second); err != nil {
			t.Errorf("without peers: %v", err)
		}
		if w.roomMap.find(c.Room()) != nil {
			t.Error("it is still loaded")
		}
		if err := w.evictWithin("r", time.Second); !errors.Is(err, ErrNoRoom) {
			t.Errorf("not loaded: %v", err)
		}
	})
}

// TestEvictKeepsWhatPeersWriteMeanwhile shows that updates that come between the snapshot and the
// end of their connections are saved too, without the pause that snapshots have otherwise.
func TestEvictKeepsWhatPeersWriteMeanwhile(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		a.types(0, "a")
		pass(time.Second)
		evicted := make(chan error, 1)
		go func() { evicted <- w.evictWithin("r", 5*time.Second) }()
		settle()
		a.types(1, "b")
		a.Leave()
		pass(time.Second)
		if err := <-evicted; err != nil {
			t.Error(err)
		}
		if v := w.snapshotVersion("r"); v != 2 || w.store.rowCount("r") != 0 {
			t.Errorf("version %d, and %d rows", v, w.store.rowCount("r"))
		}
	})
}

// TestEvictFails shows that a room that cannot be saved stays with its peers, and that one whose
// peers do not leave stays; that joins go on then; and that it unloads later as any other.
func TestEvictFails(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		a.types(0, "a")
		pass(time.Second)
		w.store.fail(errStore)
		if err := w.evictWithin("r", time.Second); !errors.Is(err, errStore) || a.conn.closed() != 0 {
			t.Errorf("%v; closed with %d", err, a.conn.closed())
		}
		w.store.fail(nil)
		pass(time.Minute)
		joined := make(chan *client, 1)
		go func() {
			pass(time.Second)
			joined <- w.join("r")
		}()
		if err := w.evictWithin("r", 3*time.Second); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a peer stayed: %v", err)
		}
		settle()
		if c := <-joined; c.room != a.room {
			t.Error("the join is in another room")
		} else {
			c.Leave()
		}
		a.Leave()
		pass(w.cfg().Grace - time.Second)
		if w.roomMap.find(a.Room()) == nil {
			t.Error("it was unloaded before the end of the grace period")
		}
		pass(time.Minute)
		if w.roomMap.find(a.Room()) != nil {
			t.Error("it was not unloaded")
		}
	})
}

// TestEvictSaysWhatFails shows that the error names the calls that fail.
func TestEvictSaysWhatFails(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		go func() {
			pass(time.Second)
			w.store.refuse("r", errStore)
			a.types(0, "a")
			a.Leave()
		}()
		err := w.evictWithin("r", 5*time.Second)
		if err == nil || !strings.Contains(err.Error(), "commit") {
			t.Errorf("%v", err)
		}
		w.store.refuse("r", nil)
		pass(time.Minute)
	})
}

// TestEvictWaitsForDraft shows that a room whose draft cannot be saved stays, that the error says
// so, and that a room is unloaded once its edits are in a draft.
func TestEvictWaitsForDraft(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		a.writes("more ")
		pass(time.Second)
		w.records.fail(errStore)
		go func() {
			pass(time.Second)
			a.Leave()
		}()
		err := w.evictWithin("r", 20*time.Second)
		if err == nil || !strings.Contains(err.Error(), "draft") {
			t.Errorf("%v", err)
		}
		w.records.fail(nil)
		pass(time.Minute)
		if err := w.evictWithin("r", time.Minute); err != nil {
			t.Error(err)
		}
		if saves := w.records.saved(); len(saves) != 1 || w.roomMap.find(a.Room()) != nil {
			t.Errorf("%d drafts; loaded: %v", len(saves), w.roomMap.find(a.Room()) != nil)
		}
	})
}
