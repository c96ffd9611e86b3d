package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// TestRewrittenDrafts shows that each edit is saved once, and nothing while nobody writes, if the
// API stores another text than the draft that it was sent.
func TestRewrittenDrafts(t *testing.T) {
	const edits = 5
	for name, rewrite := range map[string]func(string) string{
		"another newline at the end": func(s string) string { return s + "\n" },
		"CRLF":                       func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") },
		"the title above":            func(s string) string { return "# Dogs\n\n" + s },
		"the title above twice":      func(s string) string { return "# Dogs\n\n# Dogs\n\n" + s },
		"no title":                   func(s string) string { return strings.TrimPrefix(s, "# Dogs\n\n") },
		"other bullets":              func(s string) string { return strings.ReplaceAll(s, "* ", "- ") },
		"a line below":               func(s string) string { return s + "\n\nsaved" },
		"other words":                func(s string) string { return strings.ReplaceAll(s, "dogs", "cats") },
		"nothing":                    func(string) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "# Dogs\n\nNo dogs.\n\n* a\n* b", func(w *recordWorld) {
				w.records.setTitle("r", "Dogs")
				w.records.rewrite = rewrite
				a := w.opens("ann")
				for range edits {
					a.writes(a.shownText() + "\n\nMore dogs.")
					pass(20 * time.Minute)
				}
				rest := a.shownText()
				pass(2 * time.Hour)
				w.wantText(rest, a)
				if n := len(w.records.saved()); n != edits {
					t.Errorf("%d drafts of %d edits", n, edits)
				}
			})
		})
	}
}

// TestOlderTextAgainAndAgain shows that if the API stores an older text whatever it is sent, ours
// is sent after every edit and otherwise at growing intervals, and that there is no further notice
// or version.
func TestOlderTextAgainAndAgain(t *testing.T) {
	for name, c := range map[string]struct {
		keeps, notice      string
		notified, versions int
	}{
		"as it was":           {"one\n\ntwo\n\nthree", noticeStale, 2, 0},
		"with a block of its": {"one, theirs\n\ntwo\n\nthree", fmt.Sprintf(noticeConflictIn, "paragraph 1"), 1, 1},
	} {
		t.Run(name, func(t *testing.T) {
			inRecordWorld(t, Config{}, "one\n\ntwo\n\nthree", func(w *recordWorld) {
				w.records.rewrite = func(string) string { return c.keeps }
				a, b := w.opens("ann"), w.joinWatcher("bob")
				for i := range 2 {
					text := fmt.Sprintf("one, mine %d\n\ntwo\n\nthree", i)
					before := len(w.records.saved())
					a.writes(text)
					pass(5 * time.Second)
					if saves := w.records.saved()[before:]; len(saves) != 1 || saves[0].markdown != text {
						t.Errorf("drafts %q after an edit", saves)
					}
					pass(6 * time.Hour)
					w.wantText(text, a)
					if n := len(w.records.saved()) - before; n < 5 || n > 20 {
						t.Errorf("%d drafts in six hours", n)
					}
				}
				notified := 0
				for _, notice := range b.notices() {
					if notice == c.notice {
						notified++
					}
				}
				if notified != c.notified || len(w.archive.versions) != c.versions {
					t.Errorf("%d notices, %d versions", notified, len(w.archive.versions))
				}
			})
		})
	}
}
