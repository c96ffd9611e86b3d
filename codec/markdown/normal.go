package markdown

import (
	"slices"
	"strings"
)

// Normal is what of doc Markdown can say: the tree that is read again when doc
// is written. Text of nodes and marks that it cannot say stays, as text.
func Normal(doc Node) Node {
	return Node{Name: Doc, Content: atLeastOne(normalBlocks(doc.Content, 0))}
}

func isInline(name string) bool {
	return name == Text || name == Image || name == HardBreak || name == CivicRef
}

// normalBlocks makes blocks of whatever stands where blocks should; what stands
// in a line there becomes a paragraph. Below maxDepth there are only paragraphs.
func normalBlocks(nodes []Node, depth int) []Node {
	blocks := make([]Node, 0, len(nodes))
	for i := 0; i < len(nodes); {
		switch {
		case nodes[i].Name == Paragraph:
			blocks = append(blocks, normalParagraph(nodes[i]))
			i++
			continue
		case !isInline(nodes[i].Name):
			blocks = append(blocks, normalBlock(nodes[i], depth)...)
			i++
			continue
		}
		end := i + 1
		for end < len(nodes) && isInline(nodes[end].Name) {
			end++
		}
		blocks = append(blocks, Node{Name: Paragraph, Content: normalLine(lineOf(nodes[i:end]))})
		i = end
	}
	return withoutEmpty(blocks)
}

// withoutEmpty leaves out empty paragraphs, which Markdown cannot say beside others.
func withoutEmpty(blocks []Node) []Node {
	kept := blocks[:0]
	for _, b := range blocks {
		if b.Name != Paragraph || len(b.Content) > 0 {
			kept = append(kept, b)
		}
	}
	return kept
}

// normalBlock makes the blocks that one node is.
func normalBlock(n Node, depth int) []Node {
	deep := depth+2 >= maxDepth
	switch {
	case n.Name == HorizontalRule:
		return append([]Node{{Name: HorizontalRule}}, normalUnknown(n, depth)...)
	case n.Name == Heading:
		level := n.Attrs.number("level", 1, 6, 1)
		return []Node{{Name: Heading, Attrs: Attrs{"level": float64(level)}, Content: normalLine(withoutBreaks(lineOf(n.Content)))}}
	case n.Name == CodeBlock:
		return []Node{codeBlock(normalParams(n.Attrs.str("params")), normalCode(textOf(lineOf(n.Content)))+"\n")}
	case n.Name == Blockquote && !deep:
		return []Node{{Name: Blockquote, Content: atLeastOne(normalBlocks(n.Content, depth+1))}}
	case (n.Name == BulletList || n.Name == OrderedList) && !deep:
		return normalList(n, depth)
	case n.Name == Table:
		return normalTable(n)
	}
	return normalUnknown(n, depth)
}

func normalParagraph(n Node) Node {
	return Node{Name: Paragraph, Content: normalLine(lineOf(n.Content))}
}

// normalUnknown is what a node that Markdown has no word for holds.
func normalUnknown(n Node, depth int) []Node {
	if depth+1 >= maxDepth {
		return []Node{normalParagraph(n)}
	}
	if n.Text != "" {
		return []Node{normalParagraph(Node{Content: []Node{{Name: Text, Text: n.Text}}})}
	}
	return normalBlocks(n.Content, depth+1)
}

func normalList(n Node, depth int) []Node {
	list := Node{Name: n.Name, Content: make([]Node, 0, len(n.Content))}
	if n.Name == OrderedList {
		list.Attrs = Attrs{"order": float64(n.Attrs.number("order", 1, 999_999_999, 1))}
	}
	for _, item := range n.Content {
		held := []Node{item}
		if item.Name == ListItem {
			held = item.Content
		}
		list.Content = append(list.Content, Node{Name: ListItem, Content: paragraphFirst(normalBlocks(held, depth+2))})
	}
	if len(list.Content) == 0 {
		return nil
	}
	return []Node{list}
}

// lineOf is what stands in the lines of some nodes, blocks in them side by side with a blank between. It is
// nodes itself where those are such a line.
func lineOf(nodes []Node) (line []Node) {
	if !slices.ContainsFunc(nodes, isNoLine) {
		return nodes
	}
	for _, n := range nodes {
		switch {
		case isInline(n.Name):
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

func isNoLine(n Node) bool { return !isInline(n.Name) || len(n.Content) > 0 }

func withoutBreaks(line []Node) []Node {
	out := make([]Node, len(line))
	for i, n := range line {
		if n.Name == HardBreak {
			n = Node{Name: Text, Text: " ", Marks: n.Marks}
		}
		out[i] = n
	}
	return out
}

var codeText = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\uFFFD")

func normalCode(s string) string {
	if strings.ContainsAny(s, "\r\x00") {
		s = codeText.Replace(s)
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

var lineText = strings.NewReplacer("\r\n", " ", "\n", " ", "\r", " ", "\f", " ", "\v", " ", "\x00", "\uFFFD")

func oneLine(s string) string {
	if strings.ContainsAny(s, "\r\n\f\v\x00") {
		s = lineText.Replace(s)
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// normalParams makes room between a fence and parameters that look like one.
func normalParams(params string) string {
	params = oneLine(params)
	if strings.HasPrefix(params, "~") && strings.Contains(params, "`") {
		params = " " + params
	}
	return params
}
