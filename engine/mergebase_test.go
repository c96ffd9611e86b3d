package engine

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// TestMergeAfterRestart shows that edits that were in no draft when the process ended are merged
// with an external change that was made before the next start.
func TestMergeAfterRestart(t *testing.T) {
	const unsaved = time.Hour
	tests := []struct {
		name     string
		cfg      Config
		before   func(w *recordWorld, a *client) // leaves the same text as merge base
		end      func(w *recordWorld)
		versions int
		want     string
	}{
		{"killed", Config{}, func(w *recordWorld, a *client) {}, (*recordWorld).kill, 0, "first, mine\n\nsecond, theirs"},
		{"shut down", Config{}, func(w *recordWorld, a *client) {}, (*recordWorld).drainWithoutRecords, 0, "first, mine\n\nsecond, theirs"},
		{"killed, after drafts", Config{}, func(w *recordWorld, a *client) {
			for _, text := range []string{"first, and more\n\nsecond", "first, and more\n\nsecond\n\nthird", "first\n\nsecond"} {
				a.writes(text)
				w.saveDraft(a)
			}
		}, (*recordWorld).kill, 0, "first, mine\n\nsecond, theirs"},
		{"killed, after a snapshot and drafts", Config{SnapshotUpdates: 1}, func(w *recordWorld, a *client) {
			a.writes("first, and more\n\nsecond")
			w.saveDraft(a)
			pass(time.Minute)
			a.writes("first\n\nsecond")
			w.saveDraft(a)
		}, (*recordWorld).kill, 0, "first, mine\n\nsecond, theirs"},
		{"killed, after a change outside", Config{}, func(w *recordWorld, a *client) {
			w.records.changeOutside("r", Edited, "first\n\n\n\nsecond\n")
			_ = w.Refresh(context.Background(), roomkey.MustParse("r"))
		}, (*recordWorld).kill, 0, "first, mine\n\nsecond, theirs"},
		{"shut down, without a journal", Config{NoJournal: true}, func(w *recordWorld, a *client) {}, (*recordWorld).drainWithoutRecords, 0, "first, mine\n\nsecond, theirs"},
		{"by an earlier release", Config{}, func(w *recordWorld, a *client) {}, (*recordWorld).killWithoutMergeBase, 1, "first, mine\n\nsecond"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.cfg.Drafts.Quiet, tt.cfg.Drafts.Interval = unsaved, unsaved
			inRecordWorld(t, tt.cfg, "first\n\nsecond", func(w *recordWorld) {
				a := w.opens("ann")
				tt.before(w, a)
				a.writes("first, mine\n\nsecond")
				a.Leave()
				tt.end(w)
				w.records.changeOutside("r", Edited, "first\n\nsecond, theirs")
				w.start()
				b := w.opens("bob")
				pass(time.Second)
				w.wantText(tt.want, b)
				w.wantVersions(tt.versions, "first\n\nsecond, theirs")
			})
		})
	}
}

// drainWithoutRecords drains the engine while the records API is down.
func (w *recordWorld) drainWithoutRecords() {
	w.records.fail(errAPI)
	w.drain()
	w.records.fail(nil)
}

// killWithoutMergeBase ends the engine like kill, and leaves the rows that a release without merge
// bases would have stored.
func (w *recordWorld) killWithoutMergeBase() {
	w.kill()
	for i, r := range w.store.rows["r"] {
		version, fields, update, err := stored.SplitRow(r.row)
		if err != nil || fields.Note == nil {
			continue
		}
		w.store.rows["r"][i].row = append(noteHeader(version, withoutText(fields.Note)), update...)
	}
}

// withoutText returns a note without the text of its merge base.
func withoutText(note []byte) []byte {
	_, n := binary.Uvarint(note[1:])
	head := 1 + n + 1 + sha256.Size
	length, n := binary.Uvarint(note[head:])
	return note[:head+n+int(length)]
}

// saveDraft saves the draft of the client's room at once.
func (w *recordWorld) saveDraft(c *client) {
	w.t.Helper()
	if !c.room.record.SaveNow(context.Background(), nil) {
		w.t.Fatal("not saved")
	}
	pass(time.Second)
}

// TestMergeBaseIsSmall shows that a draft of a long record takes a few bytes of the journal, in a
// row with its claim and one with its merge base, as only the changed text is stored.
func TestMergeBaseIsSmall(t *testing.T) {
	var long strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&long, "Paragraph %d of a record that is about a hundred kilobytes long, so that it is noticed.\n\n", i)
	}
	inRecordWorld(t, Config{}, long.String()+"end", func(w *recordWorld) {
		a := w.opens("ann")
		a.writes(long.String() + "the end")
		rows := len(w.store.rows["r"])
		w.saveDraft(a)
		added := w.store.rows["r"][rows:]
		if len(added) != 2 {
			t.Errorf("%d rows after %d", len(added), rows)
		}
		size := 0
		for _, r := range added {
			size += len(r.row)
		}
		if size > 300 {
			t.Errorf("a draft takes %d bytes", size)
		}
		// The note is not compressed, with snapshot.Raw.
		if note := noteOf(a); !bytes.Contains(note, []byte(long.String()+"the end")) {
			t.Errorf("the merge base is not in a note of %d bytes", len(note))
		}
	})
}
