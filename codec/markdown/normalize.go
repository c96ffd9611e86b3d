package markdown

import (
	"slices"
)

// Normalize returns the part of doc that Markdown can express: the tree that is read when doc is
// written. The text of nodes and marks that it cannot express stays, as text.
func Normalize(doc Node) Node {
	var b blockBuilder
	return Node{Name: Doc, Content: atLeastOne(b.blocks(doc.Content, 0, false))}
}

// blockBuilder makes stable blocks.
type blockBuilder struct {
	textOnly bool // for writing only: no lines, no unwritten attributes
	strict   bool // for blocks that were read: their lines may lose blanks only
	failed   bool // a line would lose more
	line     lineBuilder
	writer   lineWriter
}

// IsInline reports whether nodes of a name are inline nodes.
func IsInline(name string) bool {
	return name == Text || name == Image || name == HardBreak || name == CivicRef
}

// blocks makes blocks of any nodes, which are in an item or not. Inline nodes become paragraphs.
// Below maxDepth there are only paragraphs.
func (b *blockBuilder) blocks(nodes []Node, depth int, inItem bool) []Node {
	blocks := make([]Node, 0, len(nodes))
	for i := 0; i < len(nodes); {
		isFirst := inItem && len(blocks) == 0
		switch {
		case nodes[i].Name == Paragraph:
			blocks = b.addParagraph(blocks, nodes[i].Content, isFirst)
			i++
			continue
		case !IsInline(nodes[i].Name):
			blocks = joinLists(blocks, b.block(nodes[i], depth, isFirst))
			i++
			continue
		}
		end := i + 1
		for end < len(nodes) && IsInline(nodes[end].Name) {
			end++
		}
		blocks = b.addParagraph(blocks, nodes[i:end], isFirst)
		i = end
	}
	return blocks
}

// addParagraph adds a paragraph. It leaves out an empty one, which Markdown cannot express beside
// others.
func (b *blockBuilder) addParagraph(blocks, nodes []Node, inItem bool) []Node {
	return joinLists(blocks, b.stableParagraph(lineOf(nodes), inItem))
}

// joinLists appends blocks. It joins adjacent lists of a kind, which are one list in Markdown.
func joinLists(blocks, more []Node) []Node {
	for _, n := range more {
		if isEmptyParagraph(&n) {
			continue
		}
		last := len(blocks) - 1
		if last >= 0 && blocks[last].Name == n.Name && isList(n.Name) {
			blocks[last].Content = append(blocks[last].Content, n.Content...)
			continue
		}
		blocks = append(blocks, n)
	}
	return blocks
}

func isEmptyParagraph(n *Node) bool {
	return n.Name == Paragraph && len(n.Content) == 0 && n.stable == ""
}

func isList(name string) bool { return name == BulletList || name == OrderedList }

// block makes blocks of one node.
func (b *blockBuilder) block(n Node, depth int, inItem bool) []Node {
	deep := depth+2 >= maxDepth
	switch {
	case n.Name == HorizontalRule:
		return append([]Node{{Name: HorizontalRule}}, b.contentOf(n, depth, false)...)
	case n.Name == Heading:
		level := n.Attrs.number("level", 1, 6, 1)
		s := b.stableLine(withoutBreaks(lineOf(n.Content)), headingLine)
		attrs := Attrs{"level": float64(level)}
		return []Node{{Name: Heading, Attrs: attrs, Content: s.line, stable: s.text}}
	case n.Name == CodeBlock:
		code := NormalizeCode(textOf(lineOf(n.Content))) + "\n"
		return []Node{codeBlock(normalizeParams(n.Attrs.str("params")), code)}
	case n.Name == Blockquote && !deep:
		return []Node{{Name: Blockquote, Content: atLeastOne(b.blocks(n.Content, depth+1, false))}}
	case isList(n.Name) && !deep:
		return b.list(n, depth)
	case n.Name == Table:
		return b.table(n)
	}
	return b.contentOf(n, depth, inItem)
}

// contentOf makes blocks of the content of a node that Markdown cannot express.
func (b *blockBuilder) contentOf(n Node, depth int, inItem bool) []Node {
	switch {
	case depth+1 >= maxDepth:
		return b.stableParagraph(lineOf(n.Content), inItem)
	case n.Text != "":
		return b.stableParagraph([]Node{{Name: Text, Text: n.Text}}, inItem)
	}
	return b.blocks(n.Content, depth+1, inItem)
}

// list makes a list. An item must begin with a paragraph. If one would begin with another block, it
// is made empty, and its blocks are put behind the list, where every reader of an empty item has
// them.
func (b *blockBuilder) list(n Node, depth int) (blocks []Node) {
	start := n.Attrs.number("order", 1, 999_999_999, 1)
	for i := range n.Content {
		inside := b.item(&n.Content[i], depth)
		behind := inside
		if len(inside) > 0 && inside[0].Name == Paragraph {
			behind = nil
		} else {
			inside = []Node{{Name: Paragraph}}
		}
		last := len(blocks) - 1
		if last < 0 || blocks[last].Name != n.Name {
			blocks = append(blocks, newList(n.Name, start+i, len(n.Content)-i))
			last = len(blocks) - 1
		}
		blocks[last].Content = append(blocks[last].Content, Node{Name: ListItem, Content: inside})
		blocks = joinLists(blocks, behind)
	}
	return blocks
}

// item makes blocks of an item of a list, or of a node in its place.
func (b *blockBuilder) item(item *Node, depth int) []Node {
	if item.Name == ListItem {
		return b.blocks(item.Content, depth+2, true)
	}
	return b.blocks([]Node{*item}, depth+2, true)
}

func newList(name string, order, items int) Node {
	list := Node{Name: name, Content: make([]Node, 0, items)}
	if name == OrderedList {
		list.Attrs = Attrs{"order": float64(min(order, 999_999_999))}
	}
	return list
}

// lineOf returns the inline nodes in some nodes, with a blank between those of different blocks. It
// is nodes itself if these are all inline.
func lineOf(nodes []Node) (line []Node) {
	if len(nodes) == 1 && nodes[0].Text == "" && !IsInline(nodes[0].Name) {
		return lineOf(nodes[0].Content)
	}
	if !slices.ContainsFunc(nodes, isNoLine) {
		return nodes
	}
	for _, n := range nodes {
		switch {
		case IsInline(n.Name):
			line = append(append(line, n), lineOf(n.Content)...)
		case n.Text != "":
			line = append(line, Node{Name: Text, Text: n.Text, Marks: n.Marks})
		default:
			held := lineOf(n.Content)
			if len(line) > 0 && len(held) > 0 {
				line = append(line, Node{Name: Text, Text: " "})
			}
			line = append(line, held...)
		}
	}
	return line
}

func isNoLine(n Node) bool { return !IsInline(n.Name) || len(n.Content) > 0 }

func withoutBreaks(line []Node) []Node {
	if !slices.ContainsFunc(line, isBreak) {
		return line
	}
	out := make([]Node, len(line))
	for i, n := range line {
		if n.Name == HardBreak {
			n = Node{Name: Text, Text: " ", Marks: n.Marks}
		}
		out[i] = n
	}
	return out
}
