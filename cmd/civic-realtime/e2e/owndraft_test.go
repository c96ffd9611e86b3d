package e2e

import (
	"net/http"
	"testing"
)

// TestKilledBeforeAnswer shows that a server that is killed after CivicPress has saved a draft, and
// before it has heard of that, does not take the draft for a change by another program when it is
// back: what users wrote since has every word once, on their pages and in the next draft.
func TestKilledBeforeAnswer(t *testing.T) {
	t.Parallel()
	for _, durability := range []string{"sync", "async", "off"} {
		t.Run(durability, func(t *testing.T) {
			t.Parallel()
			w := newSite(t, "  drafts: {min_interval: 1ms}\n  durability: "+durability+"\n")
			w.api.Put("by-law-7", "Dogs go on leads.", nil)
			ann, bob := openNode(t, w.editorOptions("by-law-7", "ann", "clerk")), openNode(t, w.editorOptions("by-law-7", "bob", "clerk"))
			ann.wait(args{"markdown": "Dogs go on leads."})
			saved, over := make(chan struct{}, 1), make(chan struct{})
			hold := func(r *http.Request) <-chan struct{} {
				if r.Method != http.MethodPut {
					return nil
				}
				select {
				case saved <- struct{}{}:
				default:
				}
				return over
			}
			w.holding.Store(&hold)
			ann.after("leads.").presses("Enter").types("Cats do not.")
			w.awaitDraft("by-law-7", "Dogs go on leads.\n\nCats do not.")
			<-saved
			ann.after("not.").types(" Goats may.")
			const text = "Dogs go on leads.\n\nCats do not. Goats may."
			mustAllShow(t, text, ann, bob)
			w.server.kill()
			w.holding.Store(nil)
			close(over)
			ann.wait(args{"connected": false})
			bob.wait(args{"connected": false})
			w.server = w.server.restart()
			w.awaitDraft("by-law-7", text)
			mustAllShow(t, text, ann, bob, openNode(t, w.editorOptions("by-law-7", "late", "clerk")))
			if durability != "off" && w.metric(`realtime_record_changes_total{change="edited"}`) != 0 {
				t.Error("the draft was taken for a change by another program")
			}
		})
	}
}
