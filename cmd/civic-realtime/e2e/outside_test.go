package e2e

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// often makes the server fetch records all the time.
const often = "  drafts: {min_interval: 1ms, poll: 100ms}\n"

// awaitChanges waits until the server has noticed so many external changes since it began.
func (w *site) awaitChanges(changes int) {
	w.t.Helper()
	w.untilMetrics("the change was noticed", func(metrics string) bool {
		return strings.Contains(metrics, fmt.Sprintf("\nrealtime_record_changes_total{change=\"edited\"} %d\n", changes))
	})
}

// TestRecordForm shows that saving with CivicPress' record form in collaborative mode, which
// happens whenever a field loses the focus, adds no heading to the text.
func TestRecordForm(t *testing.T) {
	t.Parallel()
	w := newSite(t, often)
	text := "# Dogs\n\nDogs go on leads."
	w.api.Put("by-law-7", text, map[string]any{"title": "Dogs"})
	ann := openNode(t, w.editorOptions("by-law-7", "ann", "clerk"))
	for i := range 3 {
		w.api.SaveForm("by-law-7", text)
		w.awaitChanges(i + 1)
		mustAllShow(t, text, ann)
		ann.after("leads").types("!")
		text = strings.Replace(text, "leads", "leads!", 1)
		w.awaitDraft("by-law-7", text)
	}
	w.api.SaveForm("by-law-7", text)
	w.api.Publish("by-law-7")
	w.untilMetrics("it was published", func(metrics string) bool {
		return strings.Contains(metrics, "\nrealtime_record_changes_total{change=\"published\"} 1\n")
	})
	mustAllShow(t, text, ann, openNode(t, w.editorOptions("by-law-7", "bob", "clerk")))
}

// TestSingleUserEditor shows that nothing is lost when a user saves a record in CivicPress' form in
// single-user mode, opened before others wrote here, whether their text was saved as drafts or not.
func TestSingleUserEditor(t *testing.T) {
	t.Parallel()
	for name, drafts := range map[string]string{"with drafts": often, "without drafts": "  drafts: {quiet: 1h, interval: 1h, poll: 100ms}\n"} {
		for _, restarted := range []bool{false, true} {
			t.Run(fmt.Sprint(name, ", restarted: ", restarted), func(t *testing.T) {
				t.Parallel()
				w := newSite(t, drafts)
				w.api.Put("by-law-7", "# Dogs\n\nDogs go on leads.\n\nCats need none.", map[string]any{"title": "Dogs"})
				form := w.api.OpenForm("by-law-7")
				ann := openNode(t, w.editorOptions("by-law-7", "ann", "clerk"))
				ann.after("go on").types(" short")
				ours := "# Dogs\n\nDogs go on short leads.\n\nCats need none."
				bob := openNode(t, w.editorOptions("by-law-7", "bob", "clerk"))
				mustAllShow(t, ours, ann, bob)
				if drafts == often {
					w.awaitDraft("by-law-7", ours)
				}
				if restarted {
					w.server.kill()
					w.server = w.server.restart()
					ann.wait(args{"connects": 2, "synced": true})
					bob.wait(args{"connects": 2, "synced": true})
				}
				w.api.SaveForm("by-law-7", strings.Replace(form, "none", "none, yet", 1)+"\n\nHorses may be seen.")
				want := "# Dogs\n\nDogs go on short leads.\n\nCats need none, yet.\n\nHorses may be seen."
				mustAllShow(t, want, ann, bob)
				w.server.terminate()
				w.awaitDraft("by-law-7", want)
			})
		}
	}
}

// TestTwoServers shows that two servers with one CivicPress, as during an upgrade, both get all
// text that is written on either.
func TestTwoServers(t *testing.T) {
	t.Parallel()
	w := newSite(t, often)
	w.api.Put("by-law-7", "Dogs.\n\nCats.\n\nHorses.", nil)
	other := startWith(t, freeAddr(t), t.TempDir(), w.flags...)
	there := w.editorOptions("by-law-7", "bob", "clerk")
	there.url = other.url()
	ann, bob := openNode(t, w.editorOptions("by-law-7", "ann", "clerk")), openNode(t, there)
	for i := range 3 {
		typed := ann.lastly("Dogs").begin("type", args{"text": fmt.Sprint(" on lead ", i)})
		bob.lastly("Horses").types(fmt.Sprint(" in lane ", i))
		typed.End(nil)
	}
	want := "Dogs on lead 2 on lead 1 on lead 0.\n\nCats.\n\nHorses in lane 2 in lane 1 in lane 0."
	mustAllShow(t, want, ann)
	mustAllShow(t, want, bob)
	w.awaitDraft("by-law-7", want)
}

// TestRecordMadeAgain shows that a record that is made under the id of one that was deleted before
// its last draft was saved has its own text, and that the unsaved text is kept as a version.
func TestRecordMadeAgain(t *testing.T) {
	t.Parallel()
	w := newSite(t, "")
	w.api.Put("by-law-7", "Dogs go on leads.", nil)
	ann := openNode(t, w.editorOptions("by-law-7", "ann", "clerk"))
	ann.wait(args{"markdown": "Dogs go on leads."})
	w.api.Remove("by-law-7")
	ann.after("leads.").types(" So do cats.")
	w.untilWritten("record is gone")
	ann.close()
	w.api.Put("by-law-7", "Horses may be seen.", nil)
	bob := openNode(t, w.editorOptions("by-law-7", "bob", "clerk"))
	mustAllShow(t, "Horses may be seen.", bob)
	bob.after("seen").types(" and heard")
	w.awaitDraft("by-law-7", "Horses may be seen and heard.")
	w.server.terminate()
	kept, err := exec.Command(serverBinary, "snapshot", "show", "--data-dir", w.server.dir, "--record", "by-law-7", "--version", "1").CombinedOutput()
	if err != nil || !strings.Contains(string(kept), "Dogs go on leads. So do cats.") {
		t.Errorf("version 1 is %s (%v)", kept, err)
	}
}
