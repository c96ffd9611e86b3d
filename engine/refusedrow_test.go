package engine

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

var errLease = errors.New("another node has the room")

// TestRefusedRow shows that a room whose row the store refuses sends no updates, notifies its peers
// after a while, sends peers that join the durable document, and goes on when the row is accepted,
// while other rooms in the same commits notice nothing.
func TestRefusedRow(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b, elsewhere := w.joinSynced("r"), w.joinSynced("r"), w.joinSynced("elsewhere")
		a.types(0, "durable")
		pass(time.Second)
		durable := b.conn.state()
		witness := w.joinJSON("r", ann)
		b.conn.take()
		w.store.refuse("r", errLease)
		w.store.appending.close()
		elsewhere.types(0, "a")
		settle()
		a.types(7, "a")
		elsewhere.types(1, "b")
		pass(time.Second)
		w.store.appending.open()
		settle()
		elsewhere.wantMessages("a room whose rows are in the same commits", protocol.Update, protocol.Update)
		a.types(8, "b")
		a.sends(protocol.Awareness, awarenessUpdate(stateEntry(1, 1, `{}`)))
		pass(time.Second)
		b.wantMessages("presence does not wait, updates do", protocol.Awareness)
		pass(4 * time.Second)
		witness.wantNotices(noticeDelayed)
		late := w.joinAndRequest("r")
		settle()
		late.wantState("a newcomer", durable, true)
		if err := w.Ready(); err != nil {
			t.Errorf("not ready because of one room: %v", err)
		}

		w.store.refuse("r", nil)
		pass(6 * time.Second)
		b.wantMessages("both cuts, in order", protocol.Update, protocol.Update)
		witness.wantNotices(noticeDurable)
		if !bytes.Equal(a.conn.state(), b.conn.state()) || !bytes.Equal(late.conn.state(), b.conn.state()) || b.conn.stateVector()[0].Clock != 9 {
			t.Error("a client does not have the whole document")
		}
		for _, line := range []string{"journal refuses updates of a room", "journal accepts updates of the room again"} {
			if n := strings.Count(w.out.String(), line); n != 1 {
				t.Errorf("%q is logged %d times: %s", line, n, w.out)
			}
		}
		if n := w.metrics.refusedRows.Get(); n != uint64(w.store.refused) || n == 0 {
			t.Errorf("%d refusals counted of %d", n, w.store.refused)
		}
	})
}

// TestRefusedRowsAreRetriedRarely shows that a refused row is tried again rarely, and that Drain
// does not wait for the next attempt.
func TestRefusedRowsAreRetriedRarely(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		w.store.refuse("r", errLease)
		for i := range uint64(1000) {
			a.types(i, "x")
			pass(10 * time.Millisecond)
		}
		if n := w.store.refused; n > 8 {
			t.Errorf("%d attempts in ten seconds", n)
		}
		w.store.refuse("r", nil)
		began := time.Now()
		w.drain()
		if waited := time.Since(began); waited > 0 {
			t.Errorf("drain waited %v to try again", waited)
		}
	})
}

// TestRefusedRowOfCrashed shows that a refused row is not stored if its room has crashed, as the
// room may be loaded anew by then.
func TestRefusedRowOfCrashed(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		w.store.refuse("r", errLease)
		a.types(0, "lost")
		settle()
		a.room.crash("a test")
		w.store.refuse("r", nil)
		b := w.joinSynced("r")
		b.types(0, "new")
		pass(10 * time.Second)
		if n := w.store.rowCount("r"); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestRefusedRowInFailingStore shows that a refused row that is tried again in a commit that fails
// is stored once, in the next.
func TestRefusedRowInFailingStore(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a, b := w.joinSynced("r"), w.joinSynced("r")
		w.store.refuse("r", errLease)
		a.types(0, "a")
		settle()
		w.store.refuse("r", nil)
		w.store.fail(errStore)
		pass(time.Second)
		w.store.fail(nil)
		pass(10 * time.Second)
		b.wantMessages("the update", protocol.Update)
		if n := w.store.rowCount("r"); n != 1 {
			t.Errorf("%d rows", n)
		}
	})
}

// TestDrainWithRefusedRow shows that Drain flushes and saves the other rooms, and reports how many
// it did not.
func TestDrainWithRefusedRow(t *testing.T) {
	inWorld(t, Config{SnapshotMinInterval: time.Hour, SnapshotInterval: time.Hour}, func(w *world) {
		w.joinSynced("other").types(0, "b")
		pass(time.Second)
		w.store.refuse("r", errLease)
		w.joinSynced("r").types(0, "a")
		pass(time.Second)
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := w.Drain(ctx); !errors.Is(err, errLease) || !strings.Contains(err.Error(), "updates of 1 of them") {
			t.Errorf("drained with %v", err)
		}
		if len(w.store.snapshotOf("other")) == 0 || len(w.store.snapshotOf("r")) > 0 {
			t.Errorf("a snapshot of the other room: %v, of this: %v", len(w.store.snapshotOf("other")) > 0, len(w.store.snapshotOf("r")) > 0)
		}
		if !slices.ContainsFunc(w.store.commits, func(rooms []string) bool { return slices.Equal(rooms, []string{"other"}) }) {
			t.Errorf("commits %v", w.store.commits)
		}
	})
}

// TestDrainSavesOthersThanRefused shows that a room whose row is accepted during Drain is saved
// although the store refuses another room's row for good.
func TestDrainSavesOthersThanRefused(t *testing.T) {
	inWorld(t, Config{SnapshotMinInterval: time.Hour, SnapshotInterval: time.Hour}, func(w *world) {
		for _, room := range []string{"late", "never"} {
			w.store.refuse(room, errLease)
			w.joinSynced(room).types(0, "a")
		}
		pass(time.Second)
		time.AfterFunc(20*time.Second, func() { w.store.refuse("late", nil) })
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := w.Drain(ctx); !errors.Is(err, errLease) || !strings.Contains(err.Error(), "updates of 1 of them") {
			t.Errorf("drained with %v", err)
		}
		if len(w.store.snapshotOf("late")) == 0 {
			t.Error("no snapshot of the room whose row was accepted")
		}
		if n := w.store.refused; n > 60 {
			t.Errorf("%d attempts in a minute", n)
		}
	})
}

// TestDrainWithRefusedMergeBase shows that a room whose merge base the store refuses after its last
// draft does not keep others from being saved.
func TestDrainWithRefusedMergeBase(t *testing.T) {
	cfg := Config{Drafts: Drafts{Quiet: time.Hour, Interval: time.Hour}, SnapshotMinInterval: time.Hour, SnapshotInterval: time.Hour}
	inRecordWorld(t, cfg, "text", func(w *recordWorld) {
		w.opens("ann").writes("text, typed")
		w.joinSynced("other").types(0, "b")
		pass(time.Second)
		w.store.refuse("r", errLease)
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		if err := w.Drain(ctx); !errors.Is(err, errLease) {
			t.Errorf("drained with %v", err)
		}
		if n := len(w.records.saved()); n != 1 {
			t.Errorf("%d drafts", n)
		}
		if len(w.store.snapshotOf("other")) == 0 {
			t.Error("no snapshot of the other room")
		}
	})
}
