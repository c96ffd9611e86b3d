package e2e

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/e2e/processes"
	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

// published is a record with some content of each kind, as CivicPress writes it. edited is the text
// after TestRecord.
const (
	published = `# Dogs

Dogs **must** go on *leads*, see <!--civic-ref type="record" id="by-law-3" label="By-law 3: &quot;Cats&quot;"-->.

## Places

* the park

* the ` + "`market`" + `

1. ask

2. pay

| Place | Fee |
| --- | --: |
| park | 5 |
| market | 10 |

> Noted by the [clerk](https://town.example/clerk).`

	edited = `# Dogs and cats

Dogs **must always** go on *leads*, see <!--civic-ref type="record" id="by-law-3" label="By-law 3: &quot;Cats&quot;"-->. Cats need none.

## Places

* the park

* the ` + "`market`" + `

* the **river**

1. ask

2. pay

| Place | Fee |
| --- | --: |
| park | 5 |
| market \| fair | 12 |

> Noted by the [clerk](https://town.example/clerk), see <!--civic-ref type="geography" id="zone-2" label="Zone 2"-->`
)

// TestRecord shows that two users who edit a published record on pages get a draft in CivicPress
// that is exactly the text both see, also when the server is killed meanwhile.
func TestRecord(t *testing.T) {
	t.Parallel()
	for name, killed := range map[string]bool{"undisturbed": false, "killed in between": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSite(t, "")
			// CivicPress cannot be asked for the record by the id in its metadata.
			w.api.Put("by-law-7", published, map[string]any{"id": "record-1718000000000"})
			ann, bob := openPage(t, w.editorOptions("by-law-7", "ann", "clerk")), openPage(t, w.editorOptions("by-law-7", "bob", "clerk"))
			mustAllShow(t, published, ann, bob)

			ann.after("Dogs").types(" and cats")
			bob.after("market").presses("Enter").types("the river").selects("river").presses("Control+b")
			if killed {
				w.server.kill()
				ann.wait(args{"connected": false})
				bob.wait(args{"connected": false})
			}
			typing := []processes.Call{
				ann.after("must").begin("type", args{"text": " always"}),
				bob.selects("10").begin("type", args{"text": "12"}),
			}
			for _, typed := range typing {
				typed.End(nil)
			}
			if killed {
				w.server = w.server.restart()
			}
			ann.after("see \ufffc.").types(" Cats need none.")
			bob.lastly("market").types(" | fair")
			ann.lastly("clerk.").presses("Backspace").types(", see ")
			ann.do("insert", args{"node": args{"type": "civicRef", "attrs": args{"refType": "geography", "id": "zone-2", "label": "Zone 2"}}}, nil)

			mustAllShow(t, edited, ann, bob)
			w.awaitDraft("by-law-7", edited)
			mustAllShow(t, edited, ann, bob, openPage(t, w.editorOptions("by-law-7", "late", "clerk")))
			if text, _ := w.api.Published("by-law-7"); text != published {
				t.Errorf("the published text is now\n%s", text)
			}
		})
	}
}

// TestViewerOfRecord shows that a user who may not edit records changes nothing by typing, and
// causes no draft.
func TestViewerOfRecord(t *testing.T) {
	t.Parallel()
	w := newSite(t, "")
	w.api.Put("by-law-7", published, nil)
	w.api.Put("by-law-8", "Cats.", nil)
	viewer := openPage(t, w.editorOptions("by-law-7", "vic", "public"))
	viewer.wait(args{"markdown": published})
	viewer.after("Dogs").types(" never")
	viewer.wait(args{"problem": "read-only"})

	ann := openNode(t, w.editorOptions("by-law-7", "ann", "clerk"))
	ann.wait(args{"people": []string{"The vic"}})
	mustAllShow(t, published, ann)
	w.mustNotHaveSaved("by-law-7")
}

// TestViewerOfDrafts shows that a user who may not see drafts in CivicPress is in the room while
// the record has no draft, gets the reason when an edit ends that, and reconnects by itself when
// the record is published.
func TestViewerOfDrafts(t *testing.T) {
	t.Parallel()
	w := newSite(t, "  drafts: {min_interval: 1ms, poll: 1s}\n")
	w.api.Put("by-law-7", "Dogs go on leads.", nil)
	viewer := newClient(t, "vic")
	viewer.openWith(w.server, "by-law-7", asUI(w.api.Login("vic", "public")))
	ann := openNode(t, w.editorOptions("by-law-7", "ann", "clerk"))
	ann.after("Dogs").types(" and goats")
	viewer.wait(args{"closes": 1})
	if got := viewer.status().Closes[0]; got != (closed{4003, "the record has unpublished changes, which you may not see; come back when they are published"}) {
		t.Errorf("closed with %+v", got)
	}
	ann.selects("goats").types("cats")
	const text = "Dogs and cats go on leads."
	w.awaitDraft("by-law-7", text)
	viewer.wait(args{"holds": []string{"Dogs"}, "lacks": []string{"goats", "cats"}})
	w.api.Publish("by-law-7")
	viewer.wait(args{"holds": []string{"cats"}, "lacks": []string{"goats"}})
	ann.mustBeSound()
}

// mustNotHaveSaved checks that a record that was opened before, and not edited, was not saved:
// neither by the time another one is, nor when the server ends.
func (w *site) mustNotHaveSaved(room string) {
	w.t.Helper()
	w.api.Put("witness", "Seen", nil)
	openNode(w.t, w.editorOptions("witness", "witness", "clerk")).after("Seen").types(" it.")
	w.awaitDraft("witness", "Seen it.")
	if code := w.server.terminate(); code != 0 {
		w.t.Errorf("exit code %d", code)
	}
	for _, call := range w.api.Calls() {
		if call.Route == standin.PutDraft && call.RecordID == room {
			w.t.Errorf("a draft of %s was saved: %s", room, call.Body)
		}
	}
}

// TestLookingSavesNothing shows that opening a record with a draft, and closing it, does not change
// the draft, whoever opens it, and that editors see the draft.
func TestLookingSavesNothing(t *testing.T) {
	t.Parallel()
	for name, order := range map[string][]string{"viewer first": {"public", "clerk"}, "editor first": {"clerk", "public"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSite(t, "  rooms:\n    grace_period_ms: 0\n  auth: {viewers: admit}\n")
			w.api.Put("by-law-7", "Old.", nil)
			w.api.PutDraft("by-law-7", published)
			var all []*author
			for _, role := range order {
				a := openNode(t, w.editorOptions("by-law-7", role, role))
				all = append(all, a)
				if role == "clerk" {
					mustAllShow(t, published, a)
				}
			}
			for _, a := range all {
				a.mustBeSound()
				a.close()
			}
			w.mustNotHaveSaved("by-law-7")
			w.awaitDraft("by-law-7", published)
		})
	}
}

// TestNewerDraft shows that the next editor sees a draft that was changed while nobody was
// connected, whether the server had kept the record in memory or on disk.
func TestNewerDraft(t *testing.T) {
	t.Parallel()
	const ours, theirs = "Dogs go on leads.\n\nSo do cats.", "Dogs go on *short* leads.\n\nSo do cats, from May on."
	for name, between := range map[string]func(w *site){
		"room still loaded":   func(*site) {},
		"server restarted":    func(w *site) { w.server.terminate(); w.server = w.server.restart() },
		"server killed":       func(w *site) { w.awaitSaved(); w.server.kill(); w.server = w.server.restart() },
		"drafts begin anew":   func(w *site) { w.api.Publish("by-law-7") },
		"discarded meanwhile": func(w *site) { w.api.Discard("by-law-7") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSite(t, often)
			w.api.Put("by-law-7", "Dogs go on leads.", nil)
			ann := openNode(t, w.editorOptions("by-law-7", "ann", "clerk"))
			ann.after("leads.").presses("Enter").types("So do cats.")
			w.awaitDraft("by-law-7", ours)
			ann.close()

			between(w)
			w.api.PutDraft("by-law-7", theirs)
			bob, cleo := openNode(t, w.editorOptions("by-law-7", "bob", "clerk")), openNode(t, w.editorOptions("by-law-7", "cleo", "clerk"))
			mustAllShow(t, theirs, bob, cleo)
			bob.after("May on").types(", or June")
			w.awaitDraft("by-law-7", "Dogs go on *short* leads.\n\nSo do cats, from May on, or June.")
		})
	}
}

// awaitSaved waits until the server has stored that all drafts are saved. A server that is killed
// before that takes its own text for the newer one.
func (w *site) awaitSaved() {
	w.t.Helper()
	w.untilMetrics("all drafts are saved", func(metrics string) bool { return strings.Contains(metrics, "\nrealtime_unsaved_drafts 0\n") })
	// All records share one journal, and it has everything that clients were sent.
	w.api.Put("later", "Later", nil)
	a, b := openNode(w.t, w.editorOptions("later", "a", "clerk")), openNode(w.t, w.editorOptions("later", "b", "clerk"))
	a.after("Later").types(" on")
	b.wait(args{"says": "Later on"})
}

// TestSeededAgain shows that a text is there once, and not twice, when the server begins a room
// again while a client still has the earlier document: after a kill before anything was stored, or
// after the loss of everything stored.
func TestSeededAgain(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ typed, saved, forgetful bool }{
		"killed":                         {false, false, false},
		"killed, data gone":              {false, false, true},
		"typed, killed":                  {true, false, false},
		"typed, killed, data gone":       {true, false, true},
		"draft saved, killed":            {true, true, false},
		"draft saved, killed, data gone": {true, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newSite(t, "")
			w.api.Put("by-law-7", published, nil)
			want := published
			ann := openNode(t, w.editorOptions("by-law-7", "ann", "clerk"))
			ann.wait(args{"markdown": published})
			if test.typed {
				ann.after("Dogs").types(" and cats")
				want = "# Dogs and cats" + published[len("# Dogs"):]
			}
			if test.saved {
				w.awaitDraft("by-law-7", want)
			}
			w.server.kill()
			ann.wait(args{"connected": false})
			if test.forgetful {
				w.server.dir = t.TempDir()
			}
			w.server = w.server.restart()
			ann.wait(args{"connects": 2, "synced": true})
			mustAllShow(t, want, ann, openNode(t, w.editorOptions("by-law-7", "bob", "clerk")))
			if test.typed {
				w.awaitDraft("by-law-7", want)
			} else {
				w.mustNotHaveSaved("by-law-7")
			}
		})
	}
}

// TestClientIDs shows that texts of documents with client ids of any size, as Yjs 14 chooses them,
// reach everybody and the draft.
func TestClientIDs(t *testing.T) {
	t.Parallel()
	w := newSite(t, "")
	w.api.Put("by-law-7", "Dogs go on leads.", nil)
	ids := []uint64{1, 1<<32 + 5, rand.Uint64N(1<<52-1<<32) + 1<<32, 1<<52 - 1, 1 << 52, rand.Uint64N(1<<52) + 1<<52, 1<<53 - 1}
	var all []*author
	want := "Dogs go on leads."
	for i, id := range ids {
		where := w.editorOptions("by-law-7", fmt.Sprint("clerk", i), "clerk")
		where.clientID = id
		all = append(all, openNode(t, where))
		last := want[strings.LastIndex(want, "\n")+1:]
		line := fmt.Sprintf("Number %d of id %d.", i, id)
		all[i].lastly(last).presses("Enter").types(line)
		want += "\n\n" + line
		mustAllShow(t, want, all...)
	}
	w.awaitDraft("by-law-7", want)
	mustAllShow(t, want, openNode(t, w.editorOptions("by-law-7", "late", "clerk")))
}
