package markdown_test

import (
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
)

// TestEditLikeReference edits documents made by y-prosemirror, each to the text of the next, and
// shows that Yjs merges the update, and that y-prosemirror and our view read that text.
func TestEditLikeReference(t *testing.T) {
	ref := startReference(t)
	_, trees := corpusTrees(t, ref, 9, 600)
	stored, states := ref.ask(t, request{Op: "store", Trees: trees})
	var wanted []markdown.Node
	var updates [][]byte
	for i, state := range states {
		u, err := yjs.CheckUpdate(state)
		if err != nil {
			t.Fatal(err)
		}
		want := stored.Trees[(i+1)%len(states)].node()
		update, err := prose.Edit(u, markdown.Schema{}, want)
		if err != nil {
			t.Fatal(err)
		}
		if update == nil {
			update = []byte{0, 0}
		}
		if _, err := yjs.CheckUpdate(update); err != nil {
			t.Fatal(err)
		}
		wanted, updates = append(wanted, want), append(updates, state, update)
	}
	changed, after := ref.ask(t, request{Op: "change"}, updates...)
	for i, want := range wanted {
		for reader, got := range map[string]markdown.Node{
			"y-prosemirror": changed.Trees[i].node(),
			"our view":      viewed(t, after[i], markdown.Schema{}),
		} {
			if got, want := outline(markdown.Normalize(got)), outline(markdown.Normalize(want)); got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", reader, got, want)
			}
		}
	}
}
