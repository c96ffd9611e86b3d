package prose

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// MergeBlocks merges two trees with a common base block by block: a block that one side changed,
// deleted or inserted is taken from that side. If both changed a block, ours is taken, and the
// block is a Conflict. It is none if one side continues the text of the other, as while it is being
// typed: then that side is taken, as it has both changes. Items of lists, blocks of quotations and
// cells of tables are blocks too. Trees are used in the normal form of Markdown.
func MergeBlocks(base, ours, theirs markdown.Node) (merged markdown.Node, conflicts []Conflict) {
	m := merger{decide: keepOurs}
	merged = m.merge(base, ours, theirs)
	return merged, m.conflicts
}

// keepOurs takes ours and notes a conflict, unless one side continues the other or their children
// can be merged.
func keepOurs(m *merger, base, ours, theirs *markdown.Node) (blocks []markdown.Node, decided bool) {
	if ours != nil && theirs != nil {
		switch {
		case !holdsLine(base) && alignable(base, ours, theirs):
			return nil, false
		case isContinuation(base, theirs, ours):
			return oneOrNone(ours), true
		case isContinuation(base, ours, theirs):
			return oneOrNone(theirs), true
		}
	}
	m.conflicts = append(m.conflicts, Conflict{slices.Clone(m.path), ours == nil})
	return oneOrNone(ours), true
}

// alignable reports whether the children of blocks can be merged one by one. Rows can only if they
// have the same number of cells.
func alignable(nodes ...*markdown.Node) bool {
	for _, n := range nodes {
		if n.Name != nodes[0].Name || n.Name == markdown.HorizontalRule ||
			columns(n) != columns(nodes[0]) {
			return false
		}
	}
	return true
}

// columns returns the number of cells in a row, or in each row of a table; 0 for other blocks.
func columns(n *markdown.Node) int {
	switch {
	case n.Name == markdown.TableRow:
		return len(n.Content)
	case n.Name == markdown.Table && len(n.Content) > 0:
		return len(n.Content[0].Content)
	}
	return 0
}
