package markdown

// Block is the Markdown of a node of a document.
type Block struct {
	Text string // of the node, which may be several blocks; empty for none
	// StartsOrdered and EndsOrdered are set if the text starts or ends with an ordered list. Next
	// to an ordered list of another node, the second list continues the numbers of the first.
	StartsOrdered, EndsOrdered bool
}

// BlockWriter writes the nodes of a document one by one. The text of a document is that of its
// nodes that are not empty, with blank lines between them; nodes with adjacent ordered lists must
// be written together. The zero value is ready. It keeps memory from one node to the next.
type BlockWriter struct {
	blocks blockBuilder
	out    []byte
}

// Write returns the Markdown of adjacent nodes of a document.
func (w *BlockWriter) Write(nodes ...Node) Block {
	w.blocks.textOnly = true
	blocks := w.blocks.blocks(nodes, 0, false)
	if len(blocks) == 0 {
		return Block{}
	}
	to := writer{out: w.out[:0]}
	to.blocks(blocks)
	w.out = to.out
	last := blocks[len(blocks)-1].Name
	return Block{string(to.out), blocks[0].Name == OrderedList, last == OrderedList}
}
