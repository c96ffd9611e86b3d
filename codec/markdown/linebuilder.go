package markdown

// lineBuilder makes a line of nodes. It joins texts of the same marks.
type lineBuilder struct {
	nodes []Node
	text  []byte // of the last node, if that is joined of several
}

func (b *lineBuilder) add(n Node) {
	switch {
	case n.Name != Text:
		b.flush()
		b.nodes = append(b.nodes, n)
		return
	case n.Text == "":
		return
	case !b.lastIs(Text) || !equalMarks(b.nodes[len(b.nodes)-1].Marks, n.Marks):
		b.flush()
		b.nodes = append(b.nodes, n)
		return
	case len(b.text) == 0:
		b.text = append(b.text, b.nodes[len(b.nodes)-1].Text...)
	}
	b.text = append(b.text, n.Text...)
}

// builderFor returns a lineBuilder with capacity for a number of nodes.
func builderFor(nodes int) lineBuilder { return lineBuilder{nodes: make([]Node, 0, nodes)} }

func (b *lineBuilder) flush() {
	if len(b.text) > 0 {
		b.nodes[len(b.nodes)-1].Text = string(b.text)
		b.text = b.text[:0]
	}
}

// lastIs reports whether the last node has a name.
func (b *lineBuilder) lastIs(name string) bool {
	return len(b.nodes) > 0 && b.nodes[len(b.nodes)-1].Name == name
}

// lastInLinkOf reports whether the last node is in the link that n is in.
func (b *lineBuilder) lastInLinkOf(n Node) bool {
	for _, m := range n.Marks {
		if m.Name == Link {
			return contains(b.nodes[len(b.nodes)-1].Marks, m)
		}
	}
	return false
}

func (b *lineBuilder) line() []Node {
	b.flush()
	return b.nodes
}
