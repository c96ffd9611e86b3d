package markdown

import (
	"strconv"
	"strings"
)

// Format returns a tree as Markdown, in the form that prosemirror-markdown writes if that is read
// as the same tree. It does not end with a newline. Parsing the text gives Normalize(doc), and
// formatting that gives the same text.
func Format(doc Node) string {
	b := blockBuilder{textOnly: true}
	w := writer{out: make([]byte, 0, textLen(&doc)*9/8)}
	w.blocks(b.blocks(doc.Content, 0, false))
	return string(w.out)
}

// textLen returns the length of the text of a tree, in bytes.
func textLen(n *Node) int {
	length := len(n.Text) + len("\n\n")
	for i := range n.Content {
		length += textLen(&n.Content[i])
	}
	return length
}

// writer writes blocks, each line behind the prefix of the blocks that it is in.
type writer struct {
	out        []byte
	prefix     string
	afterBlock bool // a block has ended, so that a blank line must come before the next
}

// begin writes all before the next block or line.
func (w *writer) begin() {
	if w.afterBlock {
		if !w.atLineStart() {
			w.out = append(w.out, '\n')
		}
		w.out = append(w.out, strings.TrimRight(w.prefix, " ")...)
		w.out = append(w.out, '\n')
		w.afterBlock = false
	}
	if w.atLineStart() {
		w.out = append(w.out, w.prefix...)
	}
}

func (w *writer) atLineStart() bool { return len(w.out) == 0 || w.out[len(w.out)-1] == '\n' }

// block writes the lines of a block.
func (w *writer) block(text string) {
	for {
		line, rest, more := strings.Cut(text, "\n")
		w.begin()
		w.out = append(w.out, line...)
		if !more {
			break
		}
		w.out = append(w.out, '\n')
		text = rest
	}
	w.afterBlock = true
}

// nested makes f write the blocks within a block, the first line behind a marker, the others behind
// a prefix.
func (w *writer) nested(first, prefix string, f func()) {
	w.begin()
	w.out = append(w.out, first...)
	outer := w.prefix
	w.prefix += prefix
	f()
	w.prefix = outer
	w.afterBlock = true
}

func (w *writer) blocks(blocks []Node) {
	for i := range blocks {
		w.node(&blocks[i])
	}
}

func (w *writer) node(n *Node) {
	switch n.Name {
	case Paragraph:
		if n.stable != "" {
			w.block(n.stable)
		}
	case Heading:
		level := n.Attrs.number("level", 1, 6, 1)
		w.block(strings.Repeat("#", level) + " " + n.stable)
	case HorizontalRule:
		w.block("---")
	case CodeBlock:
		w.block(fenced(n))
	case Blockquote:
		w.nested("> ", "> ", func() { w.blocks(n.Content) })
	case BulletList, OrderedList:
		w.list(n)
	case Table:
		w.block(formatTable(n))
	}
}

// fenced returns a block of code, with a fence that the code does not contain.
func fenced(n *Node) string {
	params, code := n.Attrs.str("params"), textOf(n.Content)
	fence := strings.Repeat("`", max(3, longestRun(code, '`')+1))
	return fence + params + "\n" + code + "\n" + fence
}

func (w *writer) list(n *Node) {
	marker := "* "
	start := n.Attrs.number("order", 1, 999_999_999, 1)
	width := len(strconv.Itoa(start + len(n.Content) - 1))
	for i := range n.Content {
		if n.Name == OrderedList {
			marker = number(start+i, width)
		}
		item := n.Content[i].Content
		w.nested(marker, strings.Repeat(" ", len(marker)), func() { w.blocks(item) })
	}
}

// number returns the marker of an item, right-aligned as far as it stays a marker.
func number(n, width int) string {
	digits := strconv.Itoa(min(n, 999_999_999))
	return strings.Repeat(" ", max(0, min(3, width-len(digits)))) + digits + ". "
}

var delimiters = map[string]string{"left": ":--", "center": ":-:", "right": "--:", "": "---"}

func formatTable(n *Node) string {
	var lines []string
	for i, row := range n.Content {
		cells := make([]string, len(row.Content))
		for j, cell := range row.Content {
			cells[j] = cell.stable
		}
		lines = append(lines, joinCells(cells))
		if i == 0 {
			for j, cell := range row.Content {
				cells[j] = delimiters[cell.Attrs.str("align")]
			}
			lines = append(lines, joinCells(cells))
		}
	}
	return strings.Join(lines, "\n")
}

func joinCells(cells []string) string { return "| " + strings.Join(cells, " | ") + " |" }
