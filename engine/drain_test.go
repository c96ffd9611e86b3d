package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// TestDrainOfCompressedRooms shows that Drain saves rooms whose documents are compressed without
// decompressing them.
func TestDrainOfCompressedRooms(t *testing.T) {
	inWorld(t, Config{SnapshotMinInterval: time.Hour, SnapshotInterval: time.Hour}, func(w *world) {
		w.cfg().Compression = snapshot.Gzip
		var rooms []*room
		for i := range 20 {
			c := w.joinSynced(fmt.Sprint("room-", i))
			c.types(0, strings.Repeat(fmt.Sprint("text ", i, " "), 1000))
			settle()
			rooms = append(rooms, c.room)
			c.Leave()
		}
		pass(11 * time.Second)
		if err := w.Drain(context.Background()); err != nil {
			t.Fatal(err)
		}
		for i, r := range rooms {
			if state, compressed := heldDocument(r); compressed == 0 || len(state) > 2 {
				t.Errorf("room %d: %d bytes compressed, a document of %d bytes", i, compressed, len(state))
			}
			blob, rows, _ := w.store.Load(context.Background(), r.name)
			s, err := snapshot.Decode(blob, 1<<20)
			if want := fmt.Sprint("text ", i, " text ", i); err != nil || len(rows) > 0 || !strings.Contains(string(s.State), want) {
				t.Errorf("room %d: %v, %d rows, a state of %d bytes", i, err, len(rows), len(s.State))
			}
		}
	})
}

// TestSavedWhileCompressed shows that a room that is saved while its document is compressed stays
// compressed, whether or not the document is compacted on the way.
func TestSavedWhileCompressed(t *testing.T) {
	for name, compacted := range map[string]bool{"as it is": false, "compacted": true} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, Config{SnapshotInterval: time.Minute}, func(w *world) {
				w.cfg().Compression = snapshot.Gzip
				c := w.joinSynced("a")
				c.types(0, strings.Repeat("x", 10_000))
				c.sends(protocol.Update, deleted(c.id, 0, 9_000))
				settle()
				r := c.room
				if !compacted {
					r.mu.Lock()
					r.compaction.size = 1 << 20
					r.mu.Unlock()
				}
				c.Leave()
				pass(11 * time.Second)
				if _, compressed := heldDocument(r); compressed == 0 || !isUnsaved(r) {
					t.Fatalf("%d bytes compressed, unsaved: %v", compressed, isUnsaved(r))
				}
				pass(2 * time.Minute)
				state, compressed := heldDocument(r)
				if compressed == 0 || len(state) > 2 || isUnsaved(r) {
					t.Errorf("%d bytes compressed, a document of %d bytes, unsaved: %v", compressed, len(state), isUnsaved(r))
				}
				r.mu.Lock()
				defer r.mu.Unlock()
				if shorter := r.compressed.stateSize < 5_000; shorter != compacted {
					t.Errorf("a state of %d bytes", r.compressed.stateSize)
				}
			})
		})
	}
}

func isUnsaved(r *room) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.unsaved()
}

// TestDrainWithoutSnapshots shows that Drain reports no error if no snapshot can be stored in time
// but the journal has all rows, and one without a journal.
func TestDrainWithoutSnapshots(t *testing.T) {
	for name, journal := range map[string]bool{"with a journal": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, Config{NoJournal: !journal, SnapshotMinInterval: time.Hour, SnapshotInterval: time.Hour}, func(w *world) {
				for _, room := range []string{"a", "b"} {
					w.joinSynced(room).types(0, "text")
				}
				pass(time.Second)
				w.store.saving.close()
				ctx, cancel := context.WithTimeout(context.Background(), 9*time.Second)
				defer cancel()
				if err := w.Drain(ctx); (err == nil) != journal {
					t.Errorf("drained with %v", err)
				}
				w.store.saving.open()
			})
		})
	}
}

// TestFlushedRoomsAreSavedFirst shows that byFlush counts a room as flushed when none of its
// updates is on its way to the journal.
func TestFlushedRoomsAreSavedFirst(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		a := w.joinSynced("r")
		isFlushed := func() bool {
			flushed, _ := byFlush([]*room{a.room})
			return len(flushed) > 0
		}
		w.store.appending.close()
		a.types(0, "a")
		if isFlushed() {
			t.Error("flushed, with an update that is in no cut")
		}
		settle()
		if isFlushed() {
			t.Error("flushed, with a row that is being committed")
		}
		w.store.appending.open()
		settle()
		if !isFlushed() {
			t.Error("not flushed, though everything is durable")
		}
		a.types(1, "b")
		a.room.crash("a test")
		if !isFlushed() {
			t.Error("not flushed, though nothing of a crashed room is to be saved")
		}
	})
}
