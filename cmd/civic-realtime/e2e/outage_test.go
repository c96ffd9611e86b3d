package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// TestOutage shows that two users who write while CivicPress is unavailable, for five minutes with
// E2E_LONG set, get a notice and no other trouble, that their text is saved when it is available
// again, and that log and metrics report the outage.
func TestOutage(t *testing.T) {
	if !long {
		t.Parallel()
	}
	w := newSite(t, "    attempts: 1\n    breaker_pause: 1s\n  drafts: {patience: 1s, min_interval: 1ms}\n")
	w.api.Put("by-law-7", "Dogs go on leads.", nil)
	ann, bob := openNode(t, w.editorOptions("by-law-7", "ann", "clerk")), openNode(t, w.editorOptions("by-law-7", "bob", "clerk"))
	jane := newClient(t, "jane")
	jane.openWith(w.server, "by-law-7", args{"version": "json", "params": args{"token": w.api.Login("jane", "clerk")}})
	ann.after("leads.").types(" Cats do not.")
	w.awaitDraft("by-law-7", "Dogs go on leads. Cats do not.")

	w.api.Fail(standin.Fault{Status: 502, Times: 3})
	w.api.Fail(standin.Fault{Cut: true})
	text := "Dogs go on leads. Cats do not."
	writes := func(n int) {
		add := fmt.Sprintf(" Word %d.", n)
		ann.lastly(lastWord(text)).types(add)
		text += add
		bob.wait(args{"markdown": text})
		if long {
			time.Sleep(2 * time.Second) // the pause of a user who thinks
		}
	}
	writes(0)
	jane.wait(args{"notice": "Your changes are kept here, but cannot be saved to the record at the moment"})
	for n, until := 1, time.Now().Add(minutesIfLong(5, 0)); n < 4 || time.Now().Before(until); n++ {
		writes(n)
	}
	during := w.metrics()
	for _, want := range []string{"\nrealtime_unsaved_drafts 1\n", "\nrealtime_oldest_unsaved_edit_seconds "} {
		if !strings.Contains(during, want) {
			t.Errorf("the metrics do not say %q", want)
		}
	}
	if strings.Contains(during, "\nrealtime_draft_save_failures_total 0\n") {
		t.Error("no failure was counted")
	}

	w.api.ClearFaults()
	w.awaitDraft("by-law-7", text)
	jane.wait(args{"notice": "Your changes are saved to the record again"})
	for _, line := range []string{"drafts cannot be saved", "drafts can be saved again"} {
		w.untilWritten(line)
	}
	if strings.Contains(w.log.String(), "Word 1") {
		t.Error("the log has text of the record")
	}
	jane.mustBeUndisturbed()
	mustAllShow(t, text, ann, bob, openNode(t, w.editorOptions("by-law-7", "late", "clerk")))
}

func lastWord(text string) string { return text[strings.LastIndexByte(text, ' ')+1:] }
