package markdown

// Block is what a node of a document was written as.
type Block struct {
	Text string // of all blocks that the node is, empty for none
	// An ordered list that the text starts or ends with is numbered on in one that comes before or behind it.
	StartsOrdered, EndsOrdered bool
}

// BlockWriter writes the nodes of a document one by one. Format of a document is the texts of its nodes that are not
// empty, a blank line between them, where no ordered lists meet; nodes whose lists do are written together.
// The zero value is ready. It keeps memory from one node to the next.
type BlockWriter struct {
	blocks blockBuilder
	out    []byte
}

// Write writes some nodes of a document that stand beside each other.
func (w *BlockWriter) Write(nodes ...Node) Block {
	w.blocks.textOnly = true
	blocks := w.blocks.blocks(nodes, 0, false)
	if len(blocks) == 0 {
		return Block{}
	}
	to := writer{out: w.out[:0]}
	to.blocks(blocks)
	w.out = to.out
	return Block{string(to.out), blocks[0].Name == OrderedList, blocks[len(blocks)-1].Name == OrderedList}
}
