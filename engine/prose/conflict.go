package prose

import (
	"github.com/civicpress/civic-realtime/codec/markdown"
)

// Conflict is a block that both sides of a merge changed in different ways. Ours was taken.
type Conflict struct {
	// Path leads to the block in the merged tree: first the block of the document, then
	// the item, row or block in that, and so on.
	Path []PathStep
	// Deleted is set if ours deleted the block. Path then leads to the place where it would be.
	Deleted bool
}

// PathStep is one level of a path: the kind of a block, and its number among blocks of that kind,
// from 1.
type PathStep struct {
	Name   string // markdown.Paragraph, …
	Number int
}

// numbers counts the blocks of a list by kind.
type numbers map[string]int

func (n numbers) append(list, blocks []markdown.Node) []markdown.Node {
	for i := range blocks {
		n[blocks[i].Name]++
	}
	return append(list, blocks...)
}
