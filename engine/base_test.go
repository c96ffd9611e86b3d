package engine

import (
	"errors"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/engine/recordsync"
	"time"

	"github.com/civicpress/civic-realtime/codec"
)

func TestNotes(t *testing.T) {
	for _, b := range []base{
		{mark: "m", hash: hashOf("a"), whole: true, turn: 1},
		{mark: "", hash: hashOf("b"), turn: 1 << 40},
		{mark: Revision(strings.Repeat("m", recordsync.MaxRevision)), whole: true, turn: 300},
		{mark: "m", whole: true, gone: true, turn: 2},
	} {
		for _, entry := range []string{"", "an entry"} {
			note := appendNote(nil, b, []byte(entry))
			if got, rest, err := parseNote(note); err != nil || got != b || string(rest) != entry {
				t.Errorf("%v and %q came back as %v and %q, %v", b, entry, got, rest, err)
			}
		}
	}
	if note := appendNote(nil, base{mark: "m"}, []byte("an entry")); note != nil {
		t.Errorf("no base is %q", note)
	}
	long := base{mark: Revision(strings.Repeat("m", recordsync.MaxRevision+1)), turn: 1}
	if got, _, err := parseNote(appendNote(nil, long, nil)); err != nil || got.mark != "" {
		t.Errorf("a mark that is too long came back as %q, %v", got.mark, err)
	}
	first := append(append([]byte{1, 7, 1}, make([]byte, 32)...), "mark"...)
	if got, entry, err := parseNote(first); err != nil || got != (base{mark: "mark", whole: true, turn: 7}) || len(entry) > 0 {
		t.Errorf("one of the first form came back as %v and %q, %v", got, entry, err)
	}
}

func TestOddNotes(t *testing.T) {
	good := string(appendNote(nil, base{mark: "m", hash: hashOf("a"), whole: true, turn: 1}, nil))
	for name, note := range map[string]string{
		"empty": "", "another form": "\x03" + good[1:], "endless turn": "\x02" + strings.Repeat("\xff", 20),
		"no turn": "\x02\x00" + good[2:], "unknown flags": good[:2] + "\x04" + good[3:], "cut": good[:20],
		"no mark": good[:len(good)-2], "a mark that is cut": good[:len(good)-1], "an endless mark": good[:len(good)-2] + strings.Repeat("\xff", 20),
	} {
		if b, _, err := parseNote([]byte(note)); !errors.Is(err, errNote) {
			t.Errorf("%s: %v, %v", name, b, err)
		}
	}
}

func TestRows(t *testing.T) {
	b := base{mark: "m", hash: hashOf("a"), whole: true, turn: 3}
	with := append(appendNoteHeader(nil, 7, b, nil), typed(1, 0, "abc")...)
	alone := append(appendNoteHeader(nil, 7, b, nil), emptyUpdate...)
	tests := []struct {
		name string
		row  []byte
		err  error
		note bool
	}{
		{"an update", append(appendRowHeader(nil, 7), typed(1, 0, "abc")...), nil, false},
		{"an update and a base", with, nil, true},
		{"a base", alone, nil, true},
		{"a base without an update", alone[:len(alone)-2], codec.ErrTruncated, true},
		{"a note cut short", with[:10], ErrRow, false},
		{"a note of no length", []byte{2, 7, 0, 0, 0}, ErrRow, false},
		{"a note of endless length", []byte{2, 7, 0xff}, ErrRow, false},
		{"a note longer than the row", []byte{2, 7, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 0}, ErrRow, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			version, _, err := parseRow(tt.row)
			if !errors.Is(err, tt.err) || err == nil && version != 7 {
				t.Errorf("version %d, %v", version, err)
			}
			if _, note, _, err := splitRow(tt.row); err == nil && (note != nil) != tt.note {
				t.Errorf("note %q", note)
			}
		})
	}
}

// TestOddNoteInStore: a room whose base cannot be read is not opened.
func TestOddNoteInStore(t *testing.T) {
	for name, prepare := range map[string]func(s *memStore){
		"row":      func(s *memStore) { s.rows["r"] = []memRow{{1, []byte{2, 1, 3, 'o', 'd', 'd', 0, 0}}} },
		"snapshot": func(s *memStore) { s.snapshots["r"] = blobOf(emptyUpdate, []byte("odd")) },
	} {
		t.Run(name, func(t *testing.T) {
			inTown(t, Config{}, "text", func(w *town) {
				prepare(w.store)
				w.refusesJoin("r", errNote)
			})
		})
	}
}

// TestNewestBaseCounts, whatever the order in which rows and snapshot have them.
func TestNewestBaseCounts(t *testing.T) {
	at := func(turn uint64) base { return base{mark: Revision(rune('a' + turn)), turn: turn} }
	row := func(turn uint64) memRow {
		return memRow{turn, append(appendNoteHeader(nil, 1, at(turn), nil), emptyUpdate...)}
	}
	for name, prepare := range map[string]func(s *memStore){
		"rows":              func(s *memStore) { s.rows["r"] = []memRow{row(1), row(2), row(3)} },
		"rows stored twice": func(s *memStore) { s.rows["r"] = []memRow{row(2), row(3), row(2), row(3)} },
		"snapshot before rows": func(s *memStore) {
			s.snapshots["r"], s.rows["r"] = blobOf(emptyUpdate, appendNote(nil, at(2), nil)), []memRow{row(3)}
		},
		"rows in the snapshot": func(s *memStore) {
			s.snapshots["r"], s.rows["r"] = blobOf(emptyUpdate, appendNote(nil, at(3), nil)), []memRow{row(1), row(2)}
		},
		"the snapshot alone": func(s *memStore) { s.snapshots["r"] = blobOf(emptyUpdate, appendNote(nil, at(3), nil)) },
		"rows without any after": func(s *memStore) {
			s.rows["r"] = []memRow{row(3), {4, append(appendRowHeader(nil, 1), emptyUpdate...)}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, Config{}, func(w *world) {
				prepare(w.store)
				if c := w.greeted("r"); c.room.record.base != at(3) {
					t.Errorf("%+v", c.room.record.base)
				}
			})
		})
	}
}

// TestBaseWithoutJournal is in snapshots.
func TestBaseWithoutJournal(t *testing.T) {
	inTown(t, Config{NoJournal: true, Grace: time.Minute}, "text", func(w *town) {
		a := w.opens("ann")
		a.writes("typed")
		pass(3 * time.Second)
		want := a.room.record.base
		a.Leave()
		pass(2 * time.Minute)
		if b := w.opens("bob"); b.room.record.base != want || want.mark == "" {
			t.Errorf("%+v, want %+v", b.room.record.base, want)
		}
	})
}

// TestStoreFailsWhileSaving: the base waits with the updates, and neither is lost nor told.
func TestStoreFailsWhileSaving(t *testing.T) {
	inTown(t, Config{}, "text", func(w *town) {
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
		if w.wantText("typed", b); w.records.tries() != 1 {
			t.Errorf("%d saves", w.records.tries())
		}
	})
}
