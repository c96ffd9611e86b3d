package engine

import (
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// bareHeader is the header of a row without fields.
func bareHeader(version uint64) []byte {
	return stored.AppendRowHeader(nil, version, snapshot.Fields{})
}

// noteHeader is the header of a row with a note.
func noteHeader(version uint64, note []byte) []byte {
	return stored.AppendRowHeader(nil, version, snapshot.Fields{Note: note})
}

// readStored returns the stored state of a room.
func (w *world) readStored(room string) snapshot.Snapshot {
	w.t.Helper()
	blob, rows, err := w.store.Load(w.t.Context(), room)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := stored.Read(blob, rows, 1<<20)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// TestIncarnation shows that a document keeps its incarnation through rows, snapshots, compression
// and restarts, that only the first row has it, and that a room that was dropped begins with
// another one.
func TestIncarnation(t *testing.T) {
	for name, cfg := range map[string]Config{"journal": {}, "no journal": {NoJournal: true}} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, cfg, func(w *world) {
				a := w.joinSynced("r")
				for i := range uint64(3) {
					a.types(i, "a")
					pass(time.Second)
				}
				if !cfg.NoJournal {
					var with []int
					for i, r := range w.store.rows["r"] {
						if _, f, _, _ := stored.SplitRow(r.row); f.Incarnation != 0 {
							with = append(with, i)
						}
					}
					if len(with) != 1 || with[0] != 0 || w.readStored("r").Incarnation == 0 {
						t.Errorf("rows %v have an incarnation", with)
					}
				}
				a.Leave()
				pass(time.Hour)
				first := w.readStored("r").Incarnation
				w.restart(cfg)
				b := w.joinSynced("r")
				b.types(0, "b")
				pass(time.Second)
				b.Leave()
				pass(20 * time.Second) // it is compressed, and saved while it is
				w.restart(cfg)
				if again := w.readStored("r").Incarnation; again != first || first == 0 {
					t.Errorf("incarnation %x, then %x", first, again)
				}
				delete(w.store.snapshots, "r")
				delete(w.store.rows, "r")
				w.joinSynced("r").types(0, "c")
				pass(time.Second)
				w.restart(cfg)
				if next := w.readStored("r").Incarnation; next == first || next == 0 {
					t.Errorf("incarnation %x of a room that was dropped, %x before", next, first)
				}
			})
		})
	}
}

// TestNoIncarnationOfOldRoom shows that a room stored by a release without incarnations gets none,
// and that its rows keep their old form.
func TestNoIncarnationOfOldRoom(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.store.rows["r"] = []memRow{{1, append([]byte{1, 1}, typed(7, 0, "abc")...)}}
		w.store.seq = 1
		a := w.joinSynced("r")
		a.types(0, "d")
		pass(time.Second)
		if row := w.store.rows["r"][1].row; row[0] != 1 {
			t.Errorf("row %x", row)
		}
		a.Leave()
		pass(time.Hour)
		if s := w.readStored("r"); s.Incarnation != 0 || s.Version != 2 || w.store.rowCount("r") > 0 {
			t.Errorf("incarnation %x, version %d", s.Incarnation, s.Version)
		}
	})
}
