package engine

import (
	"context"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestRecordMadeAnew shows that the room has the new text if a record is deleted, with edits that
// are in no draft, and another one made under its id; the old text is kept as a version.
func TestRecordMadeAnew(t *testing.T) {
	const old = "old, and mine"
	tests := []struct {
		name     string
		between  func(w *recordWorld, a *client) // happens between the deletion and the new record
		user     string
		versions int
		saves    int
	}{
		{"while people are there", func(w *recordWorld, a *client) { pass(3 * time.Second) }, "bob", 1, 0},
		{"while the room is loaded", func(w *recordWorld, a *client) { pass(3 * time.Second); a.Leave(); pass(10 * time.Second) }, "bob", 1, 0},
		{"when it is stored", func(w *recordWorld, a *client) { pass(3 * time.Second); a.Leave(); pass(time.Hour) }, "bob", 1, 0},
		{"a day later", func(w *recordWorld, a *client) { pass(3 * time.Second); a.Leave(); pass(24 * time.Hour) }, "bob", 1, 0},
		{"after a restart", func(w *recordWorld, a *client) { pass(3 * time.Second); a.Leave(); w.drainWithoutRecords(); w.start() }, "bob", 1, 0},
		{"after a kill", func(w *recordWorld, a *client) { pass(3 * time.Second); a.Leave(); w.kill(); w.start() }, "bob", 1, 0},
		{"noticed by Resume", func(w *recordWorld, a *client) {
			a.Leave()
			w.kill()
			w.start()
			w.Resume(context.Background(), []string{"r"})
		}, "bob", 1, 0},
		{"noticed by Refresh", func(w *recordWorld, a *client) {
			if err := w.Refresh(context.Background(), roomkey.MustParse("r")); err != nil {
				w.t.Error(err)
			}
		}, "bob", 1, 0},
		{"for a viewer", func(w *recordWorld, a *client) { pass(3 * time.Second); a.Leave(); pass(time.Hour) }, "viewer", 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{Grace: time.Minute}, "old", func(w *recordWorld) {
				a := w.opens("ann")
				w.records.remove("r")
				a.writes(old)
				tt.between(w, a)
				w.records.put("r", memRecord{published: "new", changes: 7, last: Published})
				b := w.opens(tt.user)
				w.wantText("new", b)
				w.wantVersions(tt.versions, old)
				pass(time.Minute)
				w.wantText("new", b)
				c := w.opens("carl")
				w.wantText("new", c)
				c.writes("new, and more")
				pass(3 * time.Second)
				w.wantSaves(memSave{"carl", "new, and more"})
				if got := w.records.records["r"].draft; got != "new, and more" {
					t.Errorf("the draft is %q", got)
				}
			})
		})
	}
}

// TestRecordMadeAnewIsNotified shows that peers that stay in the room get a notice of that.
func TestRecordMadeAnewIsNotified(t *testing.T) {
	inRecordWorld(t, Config{}, "old", func(w *recordWorld) {
		a, b := w.opens("ann"), w.joinWatcher("bob")
		w.records.remove("r")
		a.writes("old, and mine")
		pass(time.Minute)
		b.wantNotices(noticeNotSaved)
		w.records.put("r", memRecord{draft: "new", hasDraft: true, changes: 7, last: Edited})
		pass(time.Minute + time.Second)
		w.wantText("new", a)
		b.wantNotices(noticeAnew)
		w.wantVersions(1, "old, and mine")
		if n := w.records.saveAttempts(); n != 1 {
			t.Errorf("%d attempts to save to a deleted record", n)
		}
		a.writes("new, and more")
		pass(time.Minute)
		w.wantSaves(memSave{"ann", "new, and more"})
		b.wantNotices()
	})
}

// TestRecordGoneAndBack shows that a record that was hidden for a while is taken for the same one,
// and that the edits made meanwhile are saved to it.
func TestRecordGoneAndBack(t *testing.T) {
	for name, changes := range map[string]int{"as it was": 0, "with another date": 7} {
		t.Run(name, func(t *testing.T) { testGoneAndBack(t, changes) })
	}
}

func testGoneAndBack(t *testing.T, changes int) {
	inRecordWorld(t, Config{Grace: time.Minute}, "old", func(w *recordWorld) {
		a, b := w.opens("ann"), w.joinWatcher("bob")
		was := w.records.remove("r")
		was.changes += changes
		a.writes("old, and mine")
		pass(time.Minute)
		w.records.put("r", was)
		pass(time.Minute + 5*time.Second)
		w.wantText("old, and mine", a)
		w.wantSaves(memSave{"ann", "old, and mine"})
		w.wantVersions(0, "")
		b.wantNotices(noticeNotSaved, noticeSavedAgain)
	})
}

// TestRecordGoneWithNothingUnsaved shows that a clean room whose record was deleted expires, and
// that a room begins with the new record even before that.
func TestRecordGoneWithNothingUnsaved(t *testing.T) {
	inRecordWorld(t, Config{Grace: time.Minute}, "old", func(w *recordWorld) {
		a := w.opens("ann")
		w.records.remove("r")
		pass(2 * time.Minute)
		a.Leave()
		pass(2 * time.Minute)
		if w.metrics.rooms.Get() != 0 || w.archive.expiry("r").IsZero() {
			t.Errorf("%v rooms, expires %v", w.metrics.rooms.Get(), w.archive.expiry("r"))
		}
		w.records.put("r", memRecord{published: "new", changes: 7})
		w.wantText("new", w.opens("bob"))
		pass(time.Minute)
		w.wantSaves()
	})
}
