package engine

import (
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// TestDirectText shows that the draft has all text that clients of Yjs 14 write directly into
// elements, and that an external change leaves the rest of the document alone, including content
// that only such documents can hold.
func TestDirectText(t *testing.T) {
	const (
		written = "# Map\n\nSee [![map](/map.png)](/u) **here**\\\nor there"
		changed = "# Map\n\nSee [![map](/map.png)](/u) **here**\\\nor elsewhere\n\nmore"
	)
	inRecordWorld(t, Config{Drafts: Drafts{Quiet: time.Second}}, "", func(w *recordWorld) {
		a, b := w.opens("ann"), w.opens("bob")
		tree, err := markdown.Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		s := markdown.Schema{}
		doc := s.NewWriter(1<<50 + 7)
		doc.DirectText = true
		first := yjs.ID{Client: a.conn.stateVector()[0].Client} // the empty paragraph of the seed
		doc.Nodes(&markdown.Place{Left: first, HasLeft: true}, tree.Content)
		a.sends(protocol.Update, lib0.AppendUvarint(doc.AppendSections(nil), 0))
		pass(5 * time.Second)
		w.wantText(written, a, b)
		w.wantSaves(memSave{"ann", written})

		w.records.changeOutside("r", Edited, changed)
		a.conn.take()
		pass(time.Minute)
		w.wantText(changed, a, b)
		size := 0
		for _, m := range a.conn.take() {
			if m.Kind == protocol.Update {
				size += len(m.Body)
			}
		}
		if size == 0 || size > 150 {
			t.Errorf("the change is %d bytes", size)
		}
		pass(5 * time.Minute)
		w.wantSaves(memSave{"ann", written})
		w.wantVersions(0, "")
	})
}
