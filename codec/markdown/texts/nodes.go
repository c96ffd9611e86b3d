package texts

import (
	"math/rand/v2"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// Nodes returns n trees that no editor makes, with words in them.
func Nodes(r *rand.Rand, n int) (nodes []markdown.Node) {
	for range n {
		nodes = append(nodes, anyTree(r, 4))
	}
	return nodes
}

var names = []string{
	markdown.Paragraph, markdown.Heading, markdown.Blockquote, markdown.HorizontalRule,
	markdown.CodeBlock, markdown.BulletList, markdown.OrderedList, markdown.ListItem,
	markdown.Table, markdown.TableRow, markdown.TableCell,
	markdown.Image, markdown.HardBreak, markdown.CivicRef, "callout", "mention",
}

var values = []any{
	1.0, 7.0, -1.0, 0.5, 1e300, true, "left", "/u", "javascript:x", "a\nb", "\"`~", "",
	[]any{1.0}, map[string]any{"a": nil},
}

var attributes = []string{
	"level", "params", "order", "align", "src", "alt", "title", "href", "refType", "id", "label",
}

var markNames = []string{markdown.Link, markdown.Em, markdown.Strong, markdown.Code, "highlight"}

// anyTree returns a tree that no editor makes, with words in it.
func anyTree(r *rand.Rand, depth int) markdown.Node {
	if depth == 0 || r.IntN(3) == 0 {
		return anyText(r)
	}
	n := markdown.Node{Name: names[r.IntN(len(names))], Attrs: anyAttrs(r)}
	for range r.IntN(5) {
		n.Content = append(n.Content, anyTree(r, depth-1))
	}
	return n
}

func anyAttrs(r *rand.Rand) markdown.Attrs {
	attrs := markdown.Attrs{}
	for _, name := range attributes {
		if r.IntN(2) == 0 {
			attrs[name] = values[r.IntN(len(values))]
		}
	}
	return attrs
}

func anyText(r *rand.Rand) markdown.Node {
	text := Pieces(r, 1+r.IntN(4), Blocks, Lines, []string{"word", "\u00a0", "\t"})
	n := markdown.Node{Name: markdown.Text, Text: text}
	for _, name := range markNames {
		if r.IntN(4) == 0 {
			n.Marks = append(n.Marks, markdown.Mark{Name: name, Attrs: anyAttrs(r)})
		}
	}
	return n
}
