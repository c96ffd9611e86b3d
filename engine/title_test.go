package engine

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// TestRecordForm shows that a text that CivicPress' record form saves agrees with ours or is merged
// with it, although the form puts its title above the text of its editor each time that a field
// loses the focus.
func TestRecordForm(t *testing.T) {
	const quiet = time.Hour // no draft is saved during the test
	tests := []struct {
		name, title, text string
		unsaved           string
		form              func(ours string) string // the text that it saves below the title
		want              string
		notices           []string
		versions          int
	}{
		{"our text", "Dogs", "# Dogs\n\nNo dogs.", "", unchangedText, "# Dogs\n\nNo dogs.", nil, 0},
		{"our text with a mark in its title", "Dogs & *cats*", "# Dogs & *cats*\n\nNone.", "", unchangedText, "# Dogs & *cats*\n\nNone.", nil, 0},
		{"our text with a title that is escaped", "dogs_and_cats *", "# dogs\\_and\\_cats \\*\n\nNone.", "", unchangedText, "", nil, 0},
		{"our text under another heading", "Dogs", "# Cats\n\nNo dogs.", "", unchangedText, "# Cats\n\nNo dogs.", nil, 0},
		{"our text without a heading", "Dogs", "No dogs.", "", unchangedText, "No dogs.", nil, 0},
		{"our text, when that is empty", "Dogs", "", "", unchangedText, "", nil, 0},
		{"the title alone", "Dogs", "# Dogs", "", unchangedText, "# Dogs", nil, 0},
		{"our text that is not saved", "Dogs", "# Dogs\n\nNo dogs.", "# Dogs\n\nNo dogs!", unchangedText, "# Dogs\n\nNo dogs!", nil, 0},
		{"our text with another heading that is not saved", "Dogs", "# Dogs\n\nNo dogs.", "# Cats\n\nNo dogs.", unchangedText, "# Cats\n\nNo dogs.", nil, 0},
		{"our text as it was before we wrote", "Dogs", "# Dogs\n\nNo dogs.", "# Dogs\n\nNo dogs!", fixedText("# Dogs\n\nNo dogs."), "# Dogs\n\nNo dogs!", nil, 0},
		{"our text while somebody is writing", "Dogs", "# Dogs\n\nNo dogs.", "# Dogs\n\nNo dogs. No cats.", fixedText("# Dogs\n\nNo dogs. No"), "# Dogs\n\nNo dogs. No cats.", nil, 0},
		{"something more", "Dogs", "# Dogs\n\nNo dogs.", "", fixedText("# Dogs\n\nNo dogs.\n\nNo cats."), "# Dogs\n\nNo dogs.\n\nNo cats.", []string{noticeChanged}, 0},
		{"something more, and ours", "Dogs", "# Dogs\n\nNo dogs.", "# Dogs\n\nNo dogs!", fixedText("# Dogs\n\nNo dogs.\n\nNo cats."), "# Dogs\n\nNo dogs!\n\nNo cats.", []string{noticeMerged}, 0},
		{"in single-user mode", "Dogs", "# Dogs\n\nNo dogs.", "", fixedText("Cats."), "# Dogs\n\nCats.", []string{noticeChanged}, 0},
		{"in single-user mode, of a text with two headings", "Dogs", "# Dogs\n\n# Cats\n\nNone.", "", fixedText("# Cats\n\nSome."), "# Dogs\n\n# Cats\n\nSome.", []string{noticeChanged}, 0},
		{"in single-user mode, of a text with its heading twice", "Dogs", "# Cats\n\n# Cats\n\nNone.", "", fixedText("# Cats\n\nSome."), "# Dogs\n\n# Cats\n\nSome.", []string{noticeChanged}, 0},
		{"under a title that is changed there", "Cats", "# Dogs\n\nNone.", "", fixedText("None."), "# Cats\n\nNone.", []string{noticeChanged}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			inRecordWorld(t, Config{Drafts: Drafts{Quiet: quiet, Interval: quiet}}, tt.text, func(w *recordWorld) {
				w.records.setTitle("r", tt.title)
				a, b := w.opens("ann"), w.joinWatcher("bob")
				if tt.unsaved != "" {
					a.writes(tt.unsaved)
				}
				if tt.want == "" {
					tt.want = a.shownText()
				}
				for range 3 {
					w.records.changeOutside("r", Edited, fmt.Sprintf("# %s\n\n%s", tt.title, tt.form(a.shownText())))
					if err := w.Refresh(context.Background(), roomkey.MustParse("r")); err != nil {
						t.Fatal(err)
					}
					pass(time.Second)
					w.wantText(tt.want, a)
				}
				b.wantNotices(tt.notices...)
				if len(w.archive.versions) != tt.versions {
					t.Errorf("%d versions", len(w.archive.versions))
				}
			})
		})
	}
}

// unchangedText is a form that saves our text.
func unchangedText(ours string) string { return ours }

// fixedText is a form that saves s.
func fixedText(s string) func(string) string { return func(string) string { return s } }

// TestRoomsAfterRecordForm shows that rooms that begin with a text that the form has saved have the
// title once.
func TestRoomsAfterRecordForm(t *testing.T) {
	inRecordWorld(t, Config{Grace: time.Minute, SnapshotKeep: time.Minute}, "# Dogs\n\nNo dogs.", func(w *recordWorld) {
		w.records.setTitle("r", "Dogs")
		for range 4 {
			a := w.opens("ann")
			w.wantText("# Dogs\n\nNo dogs.", a)
			w.records.changeOutside("r", Edited, "# Dogs\n\n"+a.shownText())
			w.records.changeOutside("r", Published, w.records.records["r"].draft)
			pass(2 * time.Minute)
			w.wantText("# Dogs\n\nNo dogs.", a, w.opens("viewer"))
			a.Leave()
			w.kill()
			w.store.drop("r")
			w.start()
		}
		w.wantSaves()
	})
}

// TestRecordFormCausesNoDrafts shows that no draft is saved over a text of the form that agrees
// with ours.
func TestRecordFormCausesNoDrafts(t *testing.T) {
	inRecordWorld(t, Config{}, "# Dogs\n\nNo dogs.", func(w *recordWorld) {
		w.records.setTitle("r", "Dogs")
		a := w.opens("ann")
		a.writes("# Dogs\n\nDogs.")
		pass(3 * time.Second)
		for range 3 {
			w.records.changeOutside("r", Edited, "# Dogs\n\n"+a.shownText())
			pass(2 * time.Minute)
		}
		w.wantSaves(memSave{"ann", "# Dogs\n\nDogs."})
		a.writes("# Dogs\n\nCats.")
		pass(3 * time.Second)
		w.wantSaves(memSave{"ann", "# Dogs\n\nDogs."}, memSave{"ann", "# Dogs\n\nCats."})
	})
}
