package engine

import (
	"bytes"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// bareHeader is that of a row without fields, and noteHeader that of one with a note.
func bareHeader(version uint64) []byte { return appendRowHeader(nil, version, snapshot.Fields{}) }

func noteHeader(version uint64, note []byte) []byte {
	return appendRowHeader(nil, version, snapshot.Fields{Note: note})
}

// oldNoteHeader is that of a row of format 2.
func oldNoteHeader(version uint64, note []byte) []byte {
	return lib0.AppendBytes(binary.AppendUvarint([]byte{rowFormatNote}, version), note)
}

func TestRows(t *testing.T) {
	note := testNote(3, "m")
	with := append(noteHeader(7, note), typed(1, 0, "abc")...)
	alone := append(noteHeader(7, note), emptyUpdate...)
	old := append(oldNoteHeader(7, note), typed(1, 0, "abc")...)
	oldAlone := append(oldNoteHeader(7, note), emptyUpdate...)
	all := snapshot.Fields{Note: note, Incarnation: 5, Author: "ann"}
	first := snapshot.Fields{Incarnation: 1 << 60}
	tests := []struct {
		name   string
		row    []byte
		err    error
		fields snapshot.Fields
	}{
		{"an update", append(bareHeader(7), typed(1, 0, "abc")...), nil, snapshot.Fields{}},
		{"an update and a base", with, nil, snapshot.Fields{Note: note}},
		{"a base", alone, nil, snapshot.Fields{Note: note}},
		{"all fields", append(appendRowHeader(nil, 7, all), typed(1, 0, "abc")...), nil, all},
		{"an incarnation", append(appendRowHeader(nil, 7, first), typed(1, 0, "abc")...), nil, first},
		{"a field that may be skipped", append([]byte{3, 7, 4, 6, 2, 'h', 'i'}, emptyUpdate...), nil, snapshot.Fields{}},
		{"format 2, an update and a base", old, nil, snapshot.Fields{Note: note}},
		{"format 2, a base", oldAlone, nil, snapshot.Fields{Note: note}},
		{"a base without an update", alone[:len(alone)-2], lib0.ErrTruncated, snapshot.Fields{Note: note}},
		{"nothing", nil, ErrRow, snapshot.Fields{}},
		{"a later format", []byte{4, 7, 0, 0}, ErrRow, snapshot.Fields{}},
		{"a field that may not be skipped", append([]byte{3, 7, 4, 7, 2, 'h', 'i'}, emptyUpdate...), ErrRow, snapshot.Fields{}},
		{"fields cut short", with[:10], ErrRow, snapshot.Fields{}},
		{"a note of no length", []byte{3, 7, 2, 1, 0, 0, 0}, ErrRow, snapshot.Fields{}},
		{"format 2, a note cut short", old[:10], ErrRow, snapshot.Fields{}},
		{"format 2, a note of no length", []byte{2, 7, 0, 0, 0}, ErrRow, snapshot.Fields{}},
		{"format 2, a note of endless length", []byte{2, 7, 0xff}, ErrRow, snapshot.Fields{}},
		{"format 2, a note longer than the row", []byte{2, 7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0}, ErrRow, snapshot.Fields{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			version, _, err := parseRow(tt.row)
			if !errors.Is(err, tt.err) || err == nil && version != 7 {
				t.Errorf("version %d, %v", version, err)
			}
			_, f, _, err := splitRow(tt.row)
			if err == nil && (!bytes.Equal(f.Note, tt.fields.Note) || f.Incarnation != tt.fields.Incarnation || f.Author != tt.fields.Author) {
				t.Errorf("fields %+v, want %+v", f, tt.fields)
			}
		})
	}
}

// TestRowLayout pins the bytes: what is stored today must be readable for good.
func TestRowLayout(t *testing.T) {
	for want, f := range map[string]snapshot.Fields{
		"\x01\xac\x02": {},
		"\x03\xac\x02\x0a\x02\x08\x00\x00\x00\x00\x00\x00\x00\x05":                      {Incarnation: 5},
		"\x03\xac\x02\x13\x01\x02hi\x02\x08\x00\x00\x00\x00\x00\x00\x00\x05\x04\x03ann": {Note: []byte("hi"), Incarnation: 5, Author: "ann"},
	} {
		if got := appendRowHeader(nil, 300, f); string(got) != want {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

// FuzzRow: what is read of a row is written as a row that reads the same.
func FuzzRow(f *testing.F) {
	f.Add(append(bareHeader(7), emptyUpdate...))
	f.Add(append(oldNoteHeader(7, []byte("note")), emptyUpdate...))
	f.Add(append(appendRowHeader(nil, 7, snapshot.Fields{Note: []byte("n"), Incarnation: 9, Author: "a"}), emptyUpdate...))
	f.Add([]byte{3, 7, 4, 6, 2, 'h', 'i', 0, 0})
	f.Fuzz(func(t *testing.T, row []byte) {
		version, fields, update, err := splitRow(row)
		if err != nil {
			return
		}
		v, again, u, err := splitRow(append(appendRowHeader(nil, version, fields), update...))
		if err != nil || v != version || !bytes.Equal(u, update) || !bytes.Equal(again.Note, fields.Note) ||
			again.Incarnation != fields.Incarnation || again.Author != fields.Author {
			t.Fatalf("%+v came back as %+v, %v", fields, again, err)
		}
	})
}

// stored reads what the store has of a room.
func (w *world) stored(room string) snapshot.Snapshot {
	w.t.Helper()
	blob, rows, err := w.store.Load(w.t.Context(), room)
	if err != nil {
		w.t.Fatal(err)
	}
	s, err := ReadStored(blob, rows, 1<<20)
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

// TestIncarnation: a document keeps its incarnation through rows, snapshots, compression and
// restarts. It is in one row, and gone when the room is dropped.
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
						if _, f, _, _ := splitRow(r.row); f.Incarnation != 0 {
							with = append(with, i)
						}
					}
					if len(with) != 1 || with[0] != 0 || w.stored("r").Incarnation == 0 {
						t.Errorf("rows %v have an incarnation", with)
					}
				}
				a.Leave()
				pass(time.Hour)
				first := w.stored("r").Incarnation
				w.restart(cfg)
				b := w.joinSynced("r")
				b.types(0, "b")
				pass(time.Second)
				b.Leave()
				pass(20 * time.Second) // it is compressed, and saved so
				w.restart(cfg)
				if again := w.stored("r").Incarnation; again != first || first == 0 {
					t.Errorf("incarnation %x, then %x", first, again)
				}
				delete(w.store.snapshots, "r")
				delete(w.store.rows, "r")
				w.joinSynced("r").types(0, "c")
				pass(time.Second)
				w.restart(cfg)
				if next := w.stored("r").Incarnation; next == first || next == 0 {
					t.Errorf("incarnation %x of a room that was dropped, %x before", next, first)
				}
			})
		})
	}
}

// TestNoIncarnationOfOld: a room that was begun before there were incarnations has none, and its rows are
// as they were.
func TestNoIncarnationOfOld(t *testing.T) {
	inWorld(t, Config{}, func(w *world) {
		w.store.rows["r"] = []memRow{{1, append([]byte{rowFormat, 1}, typed(7, 0, "abc")...)}}
		w.store.seq = 1
		a := w.joinSynced("r")
		a.types(0, "d")
		pass(time.Second)
		if row := w.store.rows["r"][1].row; row[0] != rowFormat {
			t.Errorf("row %x", row)
		}
		a.Leave()
		pass(time.Hour)
		if s := w.stored("r"); s.Incarnation != 0 || s.Version != 2 || w.store.journal("r") > 0 {
			t.Errorf("incarnation %x, version %d", s.Incarnation, s.Version)
		}
	})
}
