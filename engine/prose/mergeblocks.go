package prose

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// MergeBlocks is what two trees say that both go back to a third, block by block: what one
// side changed, deleted or inserted is taken from that side. Where both changed the same
// block, ours stays and is a Conflict, unless one of the two only goes on from the other,
// as a text that is being typed does: then that one is taken, as it has both changes.
// Items of a list, blocks of a quotation and cells of a table are such blocks too.
// All is taken as Markdown can say it.
func MergeBlocks(base, ours, theirs markdown.Node) (merged markdown.Node, conflicts []Conflict) {
	m := merger{decide: keepOurs}
	merged = m.merge(base, ours, theirs)
	return merged, m.conflicts
}

func keepOurs(m *merger, base, ours, theirs *markdown.Node) (blocks []markdown.Node, decided bool) {
	if ours != nil && theirs != nil {
		switch {
		case !holdsLine(base) && alignable(base, ours, theirs):
			return nil, false
		case isContinuation(base, theirs, ours):
			return some(ours), true
		case isContinuation(base, ours, theirs):
			return some(theirs), true
		}
	}
	m.conflicts = append(m.conflicts, Conflict{slices.Clone(m.path), ours == nil})
	return some(ours), true
}

// alignable reports whether the children of three blocks can be merged one by one. A row
// of a table has as many cells as its others.
func alignable(nodes ...*markdown.Node) bool {
	for _, n := range nodes {
		if n.Name != nodes[0].Name || n.Name == markdown.HorizontalRule ||
			columns(n) != columns(nodes[0]) {
			return false
		}
	}
	return true
}

// columns is how many cells a row has, or each row of a table; 0 for other blocks.
func columns(n *markdown.Node) int {
	switch {
	case n.Name == markdown.TableRow:
		return len(n.Content)
	case n.Name == markdown.Table && len(n.Content) > 0:
		return len(n.Content[0].Content)
	}
	return 0
}
