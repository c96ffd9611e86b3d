package engine

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/engine/recordsync"
)

// testNote is a note of a generation, with a revision, and neither hash nor text.
func testNote(generation uint64, revision string) []byte {
	b := append(binary.AppendUvarint([]byte{2}, generation), 1)
	return lib0.AppendString(append(b, make([]byte, sha256.Size)...), revision)
}

// TestUnreadableNoteKeepsRoomClosed shows that a room whose merge base cannot be read is not
// opened.
func TestUnreadableNoteKeepsRoomClosed(t *testing.T) {
	for name, prepare := range map[string]func(s *memStore){
		"row":      func(s *memStore) { s.rows["r"] = []memRow{{1, []byte{2, 1, 3, 'o', 'd', 'd', 0, 0}}} },
		"snapshot": func(s *memStore) { s.snapshots["r"] = encodeSnapshot(emptyUpdate, []byte("odd")) },
	} {
		t.Run(name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
				prepare(w.store)
				w.mustRefuseJoin("r", recordsync.ErrNote)
			})
		})
	}
}

// TestNewestMergeBaseIsLoaded shows that the newest merge base in snapshot and rows is loaded,
// whatever their order.
func TestNewestMergeBaseIsLoaded(t *testing.T) {
	at := func(generation uint64) []byte { return testNote(generation, string(rune('a'+generation))) }
	row := func(generation uint64) memRow {
		return memRow{generation, append(noteHeader(1, at(generation)), emptyUpdate...)}
	}
	for name, prepare := range map[string]func(s *memStore){
		"rows":              func(s *memStore) { s.rows["r"] = []memRow{row(1), row(2), row(3)} },
		"rows stored twice": func(s *memStore) { s.rows["r"] = []memRow{row(2), row(3), row(2), row(3)} },
		"snapshot before rows": func(s *memStore) {
			s.snapshots["r"], s.rows["r"] = encodeSnapshot(emptyUpdate, at(2)), []memRow{row(3)}
		},
		"rows in the snapshot": func(s *memStore) {
			s.snapshots["r"], s.rows["r"] = encodeSnapshot(emptyUpdate, at(3)), []memRow{row(1), row(2)}
		},
		"the snapshot alone": func(s *memStore) { s.snapshots["r"] = encodeSnapshot(emptyUpdate, at(3)) },
		"rows without any after": func(s *memStore) {
			s.rows["r"] = []memRow{row(3), {4, append(bareHeader(1), emptyUpdate...)}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				prepare(w.store)
				if c := w.joinSynced("r"); !bytes.Equal(c.room.carries().note, at(3)) {
					t.Errorf("%q", c.room.carries().note)
				}
			})
		})
	}
}

// TestMergeBaseWithoutJournal shows that without a journal the merge base is in snapshots.
func TestMergeBaseWithoutJournal(t *testing.T) {
	inRecordWorld(t, Config{NoJournal: true, Grace: time.Minute}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		a.writes("typed")
		pass(3 * time.Second)
		want := noteOf(a)
		a.Leave()
		pass(2 * time.Minute)
		if b := w.opens("bob"); !bytes.Equal(noteOf(b), want) || len(want) == 0 {
			t.Errorf("%q, want %q", noteOf(b), want)
		}
	})
}

// noteOf returns the note of the client's room.
func noteOf(c *client) []byte {
	c.room.mu.Lock()
	defer c.room.mu.Unlock()
	return c.room.appendNote(nil)
}

// TestStoreFailsWhileSaving shows that the merge base that follows a draft waits with the updates
// while the store fails, and is not lost.
func TestStoreFailsWhileSaving(t *testing.T) {
	inRecordWorld(t, Config{}, "text", func(w *recordWorld) {
		a := w.opens("ann")
		w.store.fail(errStore)
		a.writes("typed")
		pass(10 * time.Second)
		w.wantSaves(memSave{"ann", "typed"})
		w.store.fail(nil)
		pass(10 * time.Second)
		w.wantText("typed", a)
		a.Leave()
		w.kill()
		w.start()
		b := w.opens("bob")
		pass(time.Minute)
		if w.wantText("typed", b); w.records.saveAttempts() != 1 {
			t.Errorf("%d saves", w.records.saveAttempts())
		}
	})
}
