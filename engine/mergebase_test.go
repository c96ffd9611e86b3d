package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// TestMergeAfterRestart: what is written here is in no draft when the process ends, and the record is
// changed outside before the next one begins.
func TestMergeAfterRestart(t *testing.T) {
	const unsaved = time.Hour
	tests := []struct {
		name     string
		cfg      Config
		before   func(w *town, a *client) // the text that both go back to is "first\n\nsecond" then
		end      func(w *town)
		versions int
		want     string
	}{
		{"killed", Config{}, func(w *town, a *client) {}, (*town).kill, 0, "first, mine\n\nsecond, theirs"},
		{"shut down", Config{}, func(w *town, a *client) {}, (*town).dies, 0, "first, mine\n\nsecond, theirs"},
		{"killed, after drafts", Config{}, func(w *town, a *client) {
			for _, text := range []string{"first, and more\n\nsecond", "first, and more\n\nsecond\n\nthird", "first\n\nsecond"} {
				a.writes(text)
				w.saves(a)
			}
		}, (*town).kill, 0, "first, mine\n\nsecond, theirs"},
		{"killed, after a snapshot and drafts", Config{SnapshotUpdates: 1}, func(w *town, a *client) {
			a.writes("first, and more\n\nsecond")
			w.saves(a)
			pass(time.Minute)
			a.writes("first\n\nsecond")
			w.saves(a)
		}, (*town).kill, 0, "first, mine\n\nsecond, theirs"},
		{"killed, after a change outside", Config{}, func(w *town, a *client) {
			w.records.becomes("r", Edited, "first\n\n\n\nsecond\n")
			_ = w.Refresh(context.Background(), "r")
		}, (*town).kill, 0, "first, mine\n\nsecond, theirs"},
		{"shut down, without a journal", Config{NoJournal: true}, func(w *town, a *client) {}, (*town).dies, 0, "first, mine\n\nsecond, theirs"},
		{"by an earlier release", Config{}, func(w *town, a *client) {}, (*town).killAsBefore, 1, "first, mine\n\nsecond"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.DraftQuiet, tt.cfg.DraftInterval = unsaved, unsaved
			inTown(t, tt.cfg, "first\n\nsecond", func(w *town) {
				a := w.opens("ann")
				tt.before(w, a)
				a.writes("first, mine\n\nsecond")
				a.Leave()
				tt.end(w)
				w.records.becomes("r", Edited, "first\n\nsecond, theirs")
				w.start()
				b := w.opens("bob")
				pass(time.Second)
				w.wantText(tt.want, b)
				w.wantVersions(tt.versions, "first\n\nsecond, theirs")
			})
		})
	}
}

// dies ends the engine properly, while the records do not answer.
func (w *town) dies() {
	w.records.fail(errAPI)
	w.drain()
	w.records.fail(nil)
}

// killAsBefore ends the engine as kill does, and leaves what a release without merge bases would have.
func (w *town) killAsBefore() {
	w.kill()
	for i, r := range w.store.rows["r"] {
		version, note, update, err := splitRow(r.row)
		if err != nil || note == nil {
			continue
		}
		b, _, err := parseNote(note)
		if err != nil {
			w.t.Fatal(err)
		}
		w.store.rows["r"][i].row = append(appendNoteHeader(nil, version, b, nil), update...)
	}
}

// saves has the room's draft saved now.
func (w *town) saves(c *client) {
	w.t.Helper()
	r := c.room
	if err := r.work.begin(context.Background(), nil); err != nil {
		w.t.Fatal(err)
	}
	err := r.saveDraft(context.Background())
	r.work.end()
	if err != nil {
		w.t.Fatal(err)
	}
	pass(time.Second)
}

// TestMergeBaseIsSmall: a draft of a long record adds to the journal what is new in it, not the record.
func TestMergeBaseIsSmall(t *testing.T) {
	var long strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&long, "Paragraph %d of a record that is about a hundred kilobytes long, so that it is noticed.\n\n", i)
	}
	inTown(t, Config{}, long.String()+"end", func(w *town) {
		a := w.opens("ann")
		a.writes(long.String() + "the end")
		rows := len(w.store.rows["r"])
		w.saves(a)
		if len(w.store.rows["r"]) != rows+1 {
			t.Fatalf("%d rows after %d", len(w.store.rows["r"]), rows)
		}
		if n := len(w.store.rows["r"][rows].row); n > 300 {
			t.Errorf("the base of a draft takes %d bytes", n)
		}
		text, ok := decompress(a.room.record.text.packed)
		if !ok || text != long.String()+"the end" {
			t.Errorf("the merge base has %d bytes", len(text))
		}
	})
}

// TestOddEntries: what no release writes is an error, and not a text.
func TestOddEntries(t *testing.T) {
	b := base{mark: "m", hash: hashOf("a"), whole: true, turn: 1}
	for name, entry := range map[string]string{
		"of an unknown form": "\x07text", "a patch without a hash": "\x02short", "texts that are cut": "\x03\x05abc", "an endless length": "\x03\xff\xff",
	} {
		s := storedBase{compression: snapshot.Raw}
		if err := s.note(appendNote(nil, b, []byte(entry))); !errors.Is(err, errNote) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, entry := range map[string]string{"a text that is none": "\x01text", "a patch of nothing": "\x02" + string(b.hash[:]) + "patch", "past that is none": "\x03\x01a\x01b"} {
		s := storedBase{compression: snapshot.Raw}
		if err := s.note(appendNote(nil, b, []byte(entry))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		p := page{base: s.base, text: s.merges()}
		if text, ok := p.merges(); ok {
			t.Errorf("%s: %q", name, text)
		}
	}
}

// TestRowsThatDoNotFollow: rows whose texts are patches of one that is not there leave the text unknown,
// and all else as it is.
func TestRowsThatDoNotFollow(t *testing.T) {
	e := New(Config{Compression: snapshot.Raw}, newMemStore(), nil)
	defer e.Drain(context.Background())
	r := &room{e: e}
	text := func(n int) string { return strings.Repeat("a line\n", n) }
	var rows [][]byte
	for n := range 6 {
		p := page{base: r.record.base, text: r.record.text}
		b := base{mark: Revision(fmt.Sprint(n)), hash: hashOf(text(n + 20)), whole: true, turn: uint64(n + 1)}
		r.record.text.set(r.pack(&p, text(n+20), b.hash))
		r.record.base = b
		rows = append(rows, append(appendNoteHeader(nil, 1, b, r.record.text.entry), emptyUpdate...))
		r.record.text.written()
	}
	for name, c := range map[string]struct {
		rows [][]byte
		want string
	}{
		"all":              {rows, text(25)},
		"one twice":        {[][]byte{rows[0], rows[1], rows[0], rows[1], rows[2]}, text(22)},
		"one is missing":   {[][]byte{rows[0], rows[2]}, ""},
		"the first is":     {rows[1:], ""},
		"then it is known": {[][]byte{rows[2], append(appendNoteHeader(nil, 1, base{hash: hashOf("new"), turn: 9}, append([]byte{entryText}, e.compress([]byte("new"))...)), emptyUpdate...)}, "new"},
	} {
		s := storedBase{compression: snapshot.Raw}
		if err := s.rows(c.rows); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got, _ := decompress(s.merges().packed); got != c.want {
			t.Errorf("%s: %d bytes, want %d", name, len(got), len(c.want))
		}
		if _, note, _, _ := splitRow(c.rows[len(c.rows)-1]); s.base.turn == 0 {
			t.Errorf("%s: no base of %q", name, note)
		}
	}
}
