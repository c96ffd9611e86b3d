package prose

import (
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// HoldsMore says whether there is something in a document that its Markdown has nothing of, as it does not stand in the
// type that holds its text: comments in a map, say, or another text.
func HoldsMore(v *view.View, s markdown.Schema) bool {
	for _, name := range v.Roots() {
		if name == markdown.ProvenanceRoot {
			continue
		}
		if root := v.Root(name); holdsEntries(root) || name != s.Root() && holdsItems(root) {
			return true
		}
	}
	return false
}

func holdsItems(t view.Type) bool {
	for it := range t.Items() {
		if !it.Deleted() {
			return true
		}
	}
	return false
}

func holdsEntries(t view.Type) bool {
	for _, it := range t.EachEntryItem() {
		if !it.Deleted() {
			return true
		}
	}
	return false
}
