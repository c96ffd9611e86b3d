package engine

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestStaleEditor shows that drafts stay when an editor outside of any session saves a text that it
// was opened with before them.
func TestStaleEditor(t *testing.T) {
	const (
		opened = "one\n\ntwo\n\nthree"
		ours   = "one, mine\n\ntwo\n\nthree\n\nfour" // after two drafts
	)
	tests := []struct {
		name     string
		unsaved  string // in the room, and in no draft
		how      Change
		theirs   string
		want     string
		notices  []string
		versions int
	}{
		{"it changed another paragraph", "", Edited, "one\n\ntwo\n\nthree, theirs", "one, mine\n\ntwo\n\nthree, theirs\n\nfour", []string{noticeMerged}, 0},
		{"it changed another, and we write", ours + "\n\nfive", Edited, "one\n\ntwo\n\nthree, theirs", "one, mine\n\ntwo\n\nthree, theirs\n\nfour\n\nfive", []string{noticeMerged}, 0},
		{"it changed nothing", "", Edited, opened, ours, []string{noticeStale}, 0},
		{"it deleted a paragraph", "", Edited, "one\n\nthree", "one, mine\n\nthree\n\nfour", []string{noticeMerged}, 0},
		{"it changed the same paragraph", "", Edited, "one, theirs\n\ntwo\n\nthree", ours, []string{fmt.Sprintf(noticeConflictIn, "paragraph 1")}, 1},
		{"it was opened between the drafts", "", Edited, "one, mine\n\ntwo, theirs\n\nthree", "one, mine\n\ntwo, theirs\n\nthree\n\nfour", []string{noticeMerged}, 0},
		{"it was opened after them", "", Edited, "one, mine\n\ntwo\n\nfour", "one, mine\n\ntwo\n\nfour", []string{noticeChanged}, 0},
		{"it has our words elsewhere", "", Edited, "one\n\ntwo\n\nthree, mine four", "one, mine\n\ntwo\n\nthree, mine four\n\nfour", []string{noticeMerged}, 0},
		{"it was opened after them, and changes all", "", Edited, "one, mine too\n\ntwo, theirs\n\nthree\n\nfour, theirs", "one, mine too\n\ntwo, theirs\n\nthree\n\nfour, theirs", []string{noticeChanged}, 0},
		{"it was published", "", Published, "one\n\ntwo\n\nthree, theirs", "one, mine\n\ntwo\n\nthree, theirs\n\nfour", []string{noticePublished, noticeMerged}, 0},
		{"the drafts were discarded", "", Discarded, "", opened, []string{noticeDiscarded}, 0},
		{"all is written anew", "", Edited, "new\n\nand new", "new\n\nand new", []string{noticeChanged}, 0},
	}
	for _, tt := range tests {
		for _, restarted := range []string{"", "killed", "killed before the draft was noted", "shut down"} {
			t.Run(strings.TrimSpace(tt.name+" "+restarted), func(t *testing.T) {
				inRecordWorld(t, Config{SnapshotUpdates: 1, SnapshotMinInterval: time.Second}, opened, func(w *recordWorld) {
					a := w.opens("ann")
					a.writes("one, mine\n\ntwo\n\nthree")
					pass(3 * time.Second)
					a.writes(ours)
					rows, snapshots := w.store.copyContents()
					pass(3 * time.Second)
					w.wantSaves(memSave{"ann", "one, mine\n\ntwo\n\nthree"}, memSave{"ann", ours})
					switch restarted {
					case "killed":
						a.Leave()
						w.kill()
						w.start()
						a = w.opens("ann")
					case "killed before the draft was noted":
						a.Leave()
						w.kill()
						w.store.rows, w.store.snapshots = rows, snapshots
						w.start()
						a = w.opens("ann")
					case "shut down":
						a.Leave()
						w.drain()
						w.start()
						a = w.opens("ann")
					}
					b := w.joinWatcher("bob")
					if tt.unsaved != "" {
						a.writes(tt.unsaved)
					}
					w.records.changeOutside("r", tt.how, tt.theirs)
					if err := w.Refresh(context.Background(), roomkey.MustParse("r")); err != nil {
						t.Fatal(err)
					}
					pass(time.Second)
					w.wantText(tt.want, a)
					b.wantNotices(tt.notices...)
					w.wantVersions(tt.versions, tt.theirs)
					pass(time.Minute)
					if r := w.records.records["r"]; r.text(true).Markdown != tt.want {
						t.Errorf("the record has %q", r.text(true).Markdown)
					}
				})
			})
		}
	}
}

// TestExternalEditUndone shows that whoever has changed a record outside can undo that there,
// although the text is then an older one.
func TestExternalEditUndone(t *testing.T) {
	inRecordWorld(t, Config{}, "one\n\ntwo", func(w *recordWorld) {
		a := w.opens("ann")
		for _, text := range []string{"one\n\ntwo\n\nthree", "one\n\ntwo", "two", "one\n\ntwo"} {
			w.records.changeOutside("r", Edited, text)
			pass(time.Minute + time.Second)
			w.wantText(text, a)
		}
		a.writes("one, mine\n\ntwo")
		pass(3 * time.Second)
		w.records.changeOutside("r", Edited, "one\n\ntwo\n\nthree")
		pass(time.Minute + time.Second)
		w.wantText("one, mine\n\ntwo\n\nthree", a)
		pass(time.Minute)
		w.records.changeOutside("r", Edited, "one\n\ntwo") // the editor has not seen ours yet
		pass(time.Minute + time.Second)
		w.wantText("one, mine\n\ntwo", a)
	})
}

// TestDraftOfANewerText shows that a text made of our last draft is not taken for an older one,
// even if little of the draft is left in it.
func TestDraftOfANewerText(t *testing.T) {
	inRecordWorld(t, Config{}, "Dogs go on leads.", func(w *recordWorld) {
		a := w.opens("ann")
		a.writes("Dogs go on leads.\n\nSo do cats.")
		pass(3 * time.Second)
		w.records.changeOutside("r", Edited, "Dogs go on *short* leads.\n\nSo do cats, from May on.")
		pass(time.Minute + time.Second)
		w.wantText("Dogs go on *short* leads.\n\nSo do cats, from May on.", a)
	})
}
