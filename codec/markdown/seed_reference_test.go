package markdown_test

import (
	"bytes"
	"testing"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// corpusTrees parses a corpus, for us and for the reference.
func corpusTrees(t *testing.T, ref *reference, seed uint64, n int) (docs []markdown.Node,
	trees []tree) {
	t.Helper()
	for _, text := range corpus(t, ref, seed, n) {
		doc, err := markdown.Parse(text)
		if err != nil {
			t.Fatal(err)
		}
		docs, trees = append(docs, doc), append(trees, treeOf(doc))
	}
	return docs, trees
}

// viewed reads an update like the engine.
func viewed(t *testing.T, update []byte, s markdown.Schema) markdown.Node {
	t.Helper()
	u, err := yjs.CheckUpdate(update)
	if err != nil {
		t.Fatal(err)
	}
	v, err := view.New(u)
	if err != nil {
		t.Fatal(err)
	}
	return prose.Read(v, s)
}

// TestSeedLikeReference makes y-prosemirror store trees, and shows that those documents and our
// seeds are read the same in every way.
func TestSeedLikeReference(t *testing.T) {
	ref := startReference(t)
	docs, trees := corpusTrees(t, ref, 3, 600)
	stored, updates := ref.ask(t, request{Op: "store", Trees: trees})
	var seeds [][]byte
	for _, doc := range docs {
		seeds = append(seeds, markdown.Schema{}.Seed(doc))
	}
	loaded, _ := ref.ask(t, request{Op: "load"}, seeds...)
	for i := range docs {
		want := outline(stored.Trees[i].node())
		for reader, got := range map[string]string{
			"y-prosemirror, our seed":   outline(loaded.Trees[i].node()),
			"our view, our seed":        outline(viewed(t, seeds[i], markdown.Schema{})),
			"our view, y-prosemirror's": outline(viewed(t, updates[i], markdown.Schema{})),
		} {
			if got != want {
				t.Errorf("%s: got\n%s\nwant\n%s", reader, got, want)
			}
		}
		if ids := loaded.Clients[i]; len(ids) != 1 || ids[0] != client(t, seeds[i]) {
			t.Errorf("clients %v", ids)
		}
		if again := (markdown.Schema{}).Seed(docs[i]); !bytes.Equal(again, seeds[i]) {
			t.Error("another seed the second time")
		}
	}
}
