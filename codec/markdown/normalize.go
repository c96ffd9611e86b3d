package markdown

import (
	"slices"
)

// Normal is what of doc Markdown can say: the tree that is read again when doc
// is written. Text of nodes and marks that it cannot say stays, as text.
func Normalize(doc Node) Node {
	var b blockBuilder
	return Node{Name: Doc, Content: atLeastOne(b.blocks(doc.Content, 0, false))}
}

// blockBuilder makes blocks that are read as they are written.
type blockBuilder struct {
	textOnly bool // the blocks are only written: they have no attributes that are not, and no lines
	strict   bool // for blocks that were read: their lines lose no more than blanks
	failed   bool // they would
	line     lineBuilder
	writer   lineWriter
}

func IsInline(name string) bool {
	return name == Text || name == Image || name == HardBreak || name == CivicRef
}

// blocks makes blocks of whatever stands where blocks should, in an item or elsewhere; what stands
// in a line there becomes a paragraph. Below maxDepth there are only paragraphs.
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

// addParagraph adds a paragraph. Empty ones, which Markdown cannot say beside others, are left out.
func (b *blockBuilder) addParagraph(blocks, nodes []Node, inItem bool) []Node {
	return joinLists(blocks, b.stableParagraph(lineOf(nodes), inItem))
}

// joinLists appends blocks. Lists of a kind beside each other are one, as nothing that stays keeps them apart.
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

// block makes the blocks that one node is.
func (b *blockBuilder) block(n Node, depth int, inItem bool) []Node {
	deep := depth+2 >= maxDepth
	switch {
	case n.Name == HorizontalRule:
		return append([]Node{{Name: HorizontalRule}}, b.contentOf(n, depth, false)...)
	case n.Name == Heading:
		level := n.Attrs.number("level", 1, 6, 1)
		s := b.stableLine(withoutBreaks(lineOf(n.Content)), headingLine)
		return []Node{{Name: Heading, Attrs: Attrs{"level": float64(level)}, Content: s.line, stable: s.text}}
	case n.Name == CodeBlock:
		return []Node{codeBlock(normalizeParams(n.Attrs.str("params")), NormalizeCode(textOf(lineOf(n.Content)))+"\n")}
	case n.Name == Blockquote && !deep:
		return []Node{{Name: Blockquote, Content: atLeastOne(b.blocks(n.Content, depth+1, false))}}
	case isList(n.Name) && !deep:
		return b.list(n, depth)
	case n.Name == Table:
		return b.table(n)
	}
	return b.contentOf(n, depth, inItem)
}

// unknown is what a node that Markdown has no word for holds.
func (b *blockBuilder) contentOf(n Node, depth int, inItem bool) []Node {
	switch {
	case depth+1 >= maxDepth:
		return b.stableParagraph(lineOf(n.Content), inItem)
	case n.Text != "":
		return b.stableParagraph([]Node{{Name: Text, Text: n.Text}}, inItem)
	}
	return b.blocks(n.Content, depth+1, inItem)
}

// list makes a list. An item begins with a paragraph: the blocks of one that would begin with something else stand behind
// it, outside of the list, where everybody reads them who reads an empty item.
func (b *blockBuilder) list(n Node, depth int) (blocks []Node) {
	start := n.Attrs.number("order", 1, 999_999_999, 1)
	for i := range n.Content {
		inside := b.item(&n.Content[i], depth)
		outside := inside
		if len(inside) > 0 && inside[0].Name == Paragraph {
			outside = nil
		} else {
			inside = []Node{{Name: Paragraph}}
		}
		last := len(blocks) - 1
		if last < 0 || blocks[last].Name != n.Name {
			blocks = append(blocks, newList(n.Name, start+i, len(n.Content)-i))
			last = len(blocks) - 1
		}
		blocks[last].Content = append(blocks[last].Content, Node{Name: ListItem, Content: inside})
		blocks = joinLists(blocks, outside)
	}
	return blocks
}

// item is what an item of a list holds, or what stands in its place.
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

// lineOf is what stands in the lines of some nodes, blocks in them side by side with a blank between. It is
// nodes itself where those are such a line.
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
