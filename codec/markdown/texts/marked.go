package texts

import (
	"math/rand/v2"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// Marked returns a document as an editor holds it: blocks of lines whose marks begin and end
// anywhere.
func Marked(r *rand.Rand) markdown.Node {
	return markdown.Node{Name: markdown.Doc, Content: markedBlocks(r, 2)}
}

func markedBlocks(r *rand.Rand, depth int) (blocks []markdown.Node) {
	for range 1 + r.IntN(3) {
		blocks = append(blocks, markedBlock(r, depth))
	}
	return blocks
}

func markedBlock(r *rand.Rand, depth int) markdown.Node {
	kind := r.IntN(12)
	switch {
	case kind == 0:
		level := markdown.Attrs{"level": float64(1 + r.IntN(6))}
		return markdown.Node{Name: markdown.Heading, Attrs: level, Content: MarkedLine(r)}
	case kind == 1 && depth > 0:
		return markdown.Node{Name: markdown.Blockquote, Content: markedBlocks(r, depth-1)}
	case kind == 2 && depth > 0:
		return markedItems(r, markdown.Node{Name: markdown.BulletList}, depth)
	case kind == 3 && depth > 0:
		order := markdown.Attrs{"order": float64(1 + r.IntN(12))}
		return markedItems(r, markdown.Node{Name: markdown.OrderedList, Attrs: order}, depth)
	case kind == 4:
		return markedTable(r)
	case kind == 5:
		params := markdown.Attrs{"params": markedParams[r.IntN(len(markedParams))]}
		text := markdown.Node{Name: markdown.Text, Text: Pieces(r, 1+r.IntN(4), Blocks, Lines)}
		return markdown.Node{
			Name: markdown.CodeBlock, Attrs: params, Content: []markdown.Node{text},
		}
	}
	return markdown.Node{Name: markdown.Paragraph, Content: MarkedLine(r)}
}

var markedParams = []string{"", "", "go", "js x", "a`b", "~", "&amp;"}

func markedItems(r *rand.Rand, list markdown.Node, depth int) markdown.Node {
	for range 1 + r.IntN(3) {
		first := markdown.Node{Name: markdown.Paragraph}
		if r.IntN(4) > 0 {
			first.Content = MarkedLine(r)
		}
		item := markdown.Node{Name: markdown.ListItem, Content: []markdown.Node{first}}
		if r.IntN(3) == 0 {
			item.Content = append(item.Content, markedBlocks(r, depth-1)...)
		}
		list.Content = append(list.Content, item)
	}
	return list
}

func markedTable(r *rand.Rand) markdown.Node {
	table := markdown.Node{Name: markdown.Table}
	columns := 1 + r.IntN(3)
	for i := range 1 + r.IntN(3) {
		name := markdown.TableCell
		if i == 0 {
			name = markdown.TableHeader
		}
		row := markdown.Node{Name: markdown.TableRow}
		for range columns {
			p := markdown.Node{Name: markdown.Paragraph, Content: MarkedLine(r)}
			cell := markdown.Node{Name: name, Content: []markdown.Node{p}}
			row.Content = append(row.Content, cell)
		}
		table.Content = append(table.Content, row)
	}
	return table
}

// words and signs are the pieces of marked texts: words, blanks and punctuation at either end; and
// pieces that may be syntax.
var (
	words = []string{"a", "word", "two words", "é", "7", " ", "\u00a0", " lead", "trail ", " both ", "(x)", "\"q\"", ".", ", ", "—", "!", "x_y", "“so”"}
	signs = []string{"*", "_", "**", "#", " #", "1. a", "1) a", "1)", "+", "- a", "+ a", "> a", "&amp;", "&", "<b>", "<", "`", "[x]", "](u)", "\\", "|", "~~", "===", "---", "http://a.b", "  x", "[^1]", "a\nb", "![", "\\!", "<!b", "<div\tx", "#\u2003"}
)

// MarkedLine returns a line with marks.
func MarkedLine(r *rand.Rand) (line []markdown.Node) {
	for range 1 + r.IntN(6) {
		n := markdown.Node{Name: markdown.Text, Marks: someMarks(r)}
		switch k := r.IntN(40); {
		case k == 0:
			n = markdown.Node{Name: markdown.HardBreak}
		case k == 1:
			attrs := markdown.Attrs{"src": "/p.png", "alt": words[r.IntN(len(words))]}
			n = markdown.Node{Name: markdown.Image, Attrs: attrs}
		case k == 2 && len(line) > 0:
			attrs := markdown.Attrs{"refType": "record", "id": "r1", "label": "a label"}
			n = markdown.Node{Name: markdown.CivicRef, Attrs: attrs}
		case k < 6:
			n.Text = signs[r.IntN(len(signs))]
		default:
			n.Text = words[r.IntN(len(words))]
		}
		line = append(line, n)
	}
	return joinTexts(line)
}

// joinTexts joins neighbouring texts with the same marks, as an editor does.
func joinTexts(line []markdown.Node) (joined []markdown.Node) {
	for _, n := range line {
		if last := len(joined) - 1; last >= 0 && joins(joined[last], n) {
			joined[last].Text += n.Text
			continue
		}
		joined = append(joined, n)
	}
	return joined
}

// joins reports whether two neighbours are texts with the same marks.
func joins(a, b markdown.Node) bool {
	return a.Name == markdown.Text && b.Name == markdown.Text && sameMarks(a.Marks, b.Marks)
}

func sameMarks(a, b []markdown.Mark) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}

// someMarks returns no, one or several marks, in the order in which a text has them.
func someMarks(r *rand.Rand) (marks []markdown.Mark) {
	for _, name := range []string{markdown.Link, markdown.Em, markdown.Strong, markdown.Code} {
		if r.IntN(4) > 0 {
			continue
		}
		m := markdown.Mark{Name: name}
		if name == markdown.Link {
			href := []string{"/u", "http://a.b/(c)", "http://a.b"}[r.IntN(3)]
			m.Attrs = markdown.Attrs{"href": href, "title": nil}
			if r.IntN(4) == 0 {
				m.Attrs["title"] = "a \"title\""
			}
		}
		marks = append(marks, m)
	}
	return marks
}
