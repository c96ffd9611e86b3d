package engine

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// snapshotVersion returns the version of a room's stored snapshot, 0 if there is none.
func (w *world) snapshotVersion(room string) uint64 {
	w.t.Helper()
	blob, _, err := w.store.Load(context.Background(), room)
	if err != nil {
		w.t.Fatal(err)
	}
	if blob == nil {
		return 0
	}
	s, err := snapshot.Decode(blob, 1<<20)
	if err != nil {
		w.t.Fatal(err)
	}
	return s.Version
}

// saveNow calls Snapshot, and fails unless it returns the version.
func (w *world) saveNow(room string, want uint64) {
	w.t.Helper()
	version, err := w.Snapshot(context.Background(), roomkey.MustParse(room), "ann")
	if err != nil || version != want || w.snapshotVersion(room) != want {
		w.t.Errorf("%s: version %d, %v; the store has %d, want %d", room, version, err,
			w.snapshotVersion(room), want)
	}
}

// TestSnapshotNow shows that Snapshot stores a snapshot long before it is due, with all updates
// that were merged before the call, also those that are not durable yet; that it stores none that
// is stored already; and that rooms that are not loaded have none to store.
func TestSnapshotNow(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		w.saveNow("r", 0)
		a.types(0, "a")
		w.saveNow("r", 1)
		saves := w.store.saves
		w.saveNow("r", 1)
		if w.store.saves != saves {
			t.Error("stored again")
		}
		a.types(1, "b")
		pass(time.Second)
		w.saveNow("r", 2)
		_, err := w.Snapshot(context.Background(), roomkey.MustParse("nowhere"), "ann")
		if !errors.Is(err, ErrNoRoom) {
			t.Errorf("a room that is not loaded: %v", err)
		}
	})
}

// TestSnapshotFails shows that the error of a snapshot is the store's, that one that waits for the
// journal or the store ends with its context, and that later ones succeed.
func TestSnapshotFails(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		a.types(0, "a")
		pass(time.Second)
		w.store.fail(errStore)
		if _, err := w.Snapshot(context.Background(), a.Room(), ""); !errors.Is(err, errStore) {
			t.Errorf("%v", err)
		}
		w.store.fail(nil)
		for i, blocks := range []*gate{&w.store.saving, &w.store.appending} {
			blocks.close()
			a.types(uint64(1+i), "b")
			pass(time.Second)
			ctx, cancel := context.WithTimeout(context.Background(), time.Second)
			if _, err := w.Snapshot(ctx, a.Room(), ""); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("%v", err)
			}
			cancel()
			blocks.open()
			pass(time.Minute)
		}
		w.saveNow("r", a.room.version)
	})
}

// TestSnapshotsTogether shows that calls for one room at the same time are answered by one
// snapshot, and that a call that comes while a snapshot is stored gets one that is newer.
func TestSnapshotsTogether(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		a.types(0, "a")
		pass(time.Second)
		w.store.saving.close()
		before := w.store.saves
		first, others := make(chan uint64, 1), make(chan uint64, 5)
		request := func(versions chan<- uint64) {
			version, err := w.Snapshot(context.Background(), a.Room(), "")
			if err != nil {
				t.Error(err)
			}
			versions <- version
		}
		go request(first)
		settle()
		a.types(1, "b")
		pass(time.Second)
		for range 5 {
			go request(others)
		}
		settle()
		w.store.saving.open()
		settle()
		if got := <-first; got != 1 {
			t.Errorf("the first has version %d", got)
		}
		for range 5 {
			if got := <-others; got != 2 {
				t.Errorf("version %d", got)
			}
		}
		if n := w.store.saves - before; n != 2 {
			t.Errorf("%d snapshots were stored", n)
		}
	})
}

// TestSnapshotOfRoomThatEnds shows that a call is answered when the room crashes before the
// snapshot is taken, and when the engine drains.
func TestSnapshotOfRoomThatEnds(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		failed := make(chan error, 1)
		request := func(c *client) {
			_, err := w.Snapshot(context.Background(), c.Room(), "")
			failed <- err
		}
		a := w.joinSynced("r")
		w.store.appending.close()
		a.types(0, "a")
		go request(a)
		settle()
		a.room.crash("made up")
		if err := <-failed; !errors.Is(err, ErrNoRoom) {
			t.Errorf("crashed: %v", err)
		}
		w.store.appending.open()
		b := w.joinSynced("s")
		b.types(0, "b")
		pass(time.Second)
		w.store.saving.close()
		go request(b)
		settle()
		go func() {
			pass(time.Second)
			w.store.saving.open()
		}()
		w.drain()
		if err := <-failed; err != nil {
			t.Errorf("drained: %v", err)
		}
	})
}

// TestSnapshotOfRoomThatUnloads shows that a call is answered with the snapshot with which the room
// is unloaded.
func TestSnapshotOfRoomThatUnloads(t *testing.T) {
	inWorld(t, Config{CompressAfter: time.Hour}, func(w *world) {
		a := w.joinSynced("r")
		a.types(0, "a")
		pass(time.Second)
		a.Leave()
		w.store.saving.close()
		pass(w.cfg().Grace)
		saved := make(chan error, 1)
		go func() {
			version, err := w.Snapshot(context.Background(), a.Room(), "")
			if version != 1 {
				t.Errorf("version %d", version)
			}
			saved <- err
		}()
		settle()
		w.store.saving.open()
		if err := <-saved; err != nil || w.snapshotVersion("r") != 1 {
			t.Errorf("%v; version %d is stored", err, w.snapshotVersion("r"))
		}
		pass(time.Second)
		if w.roomMap.find(a.Room()) != nil {
			t.Error("it is still loaded")
		}
	})
}
