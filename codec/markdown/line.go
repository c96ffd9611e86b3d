package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// line parses the line of a block.
func (r *reader) line(content string) []Node { return r.cell(content, false) }

// cell parses the line of a block or, if isCell, of a cell.
func (r *reader) cell(content string, isCell bool) []Node {
	if isCell {
		content = trim(content)
	}
	if content = strings.Trim(content, asciiBlanks); content == "" {
		return nil
	}
	if nodes, ok := simpleLine(content); ok {
		return nodes
	}
	line, tooMany := r.readWithLimit(content, isCell, delimitersIn(len(content)))
	if tooMany {
		line, _ = r.readWithLimit(content, isCell, 0)
	}
	return line
}

// readWithLimit parses a line in which at most a number of delimiters have an effect, and reports
// whether there were more.
func (r *reader) readWithLimit(
	content string, isCell bool, delimiters int,
) (nodes []Node, tooMany bool) {
	l := line{source: []byte(content), isCell: isCell}
	context := r.context.forLine(delimiters)
	root := lineParser.Parse(text.NewReader(l.source), parser.WithContext(context))
	for block := root.FirstChild(); block != nil; block = block.NextSibling() {
		l.walk(block)
	}
	l.flush()
	r.lostHTML = r.lostHTML || l.lostHTML
	return l.out.line(), context.delimitersLeft < 0
}

// asciiBlanks is the whitespace that is removed from the ends of a block. From those of a cell all
// whitespace is.
const asciiBlanks = " \t\n\r"

// line makes inline nodes of goldmark's.
type line struct {
	source   []byte
	isCell   bool // <br> is a break
	out      lineBuilder
	marks    []Mark
	raw      strings.Builder // text with its escapes
	lostHTML bool            // HTML was left out
}

// walk visits all descendants. It does not recurse, as emphasis may be nested as deep as the text
// is long.
func (l *line) walk(root ast.Node) {
	for n := root.FirstChild(); n != nil; {
		if l.enter(n) && n.FirstChild() != nil {
			n = n.FirstChild()
			continue
		}
		for l.leave(n); n.NextSibling() == nil; l.leave(n) {
			if n = n.Parent(); n == root {
				return
			}
		}
		n = n.NextSibling()
	}
}

// enter visits a node before its children, and reports whether to visit these.
func (l *line) enter(n ast.Node) bool {
	if n, ok := n.(*ast.Text); ok {
		l.text(n)
		return false
	}
	l.flush()
	switch n := n.(type) {
	case *brackets:
		l.raw.WriteString(n.opening())
	case *ast.Emphasis:
		l.marks = withMark(l.marks, Mark{Name: emphasisName(n)})
	case *ast.Link:
		title := unescape(string(n.Title), false)
		l.marks = withMark(l.marks, linkMark(destination(n.Destination), title))
	case *ast.Image:
		l.image(n)
		return false
	case *ast.CodeSpan:
		l.code(n)
		return false
	case *ast.AutoLink:
		l.autoLink(n)
	case *ast.RawHTML:
		l.html(n)
	}
	return true
}

func (l *line) leave(n ast.Node) {
	switch n := n.(type) {
	case *brackets:
		l.flush()
		l.raw.WriteString("]")
	case *ast.Emphasis:
		l.flush()
		l.marks = withoutMark(l.marks, emphasisName(n))
	case *ast.Link:
		l.flush()
		l.marks = withoutMark(l.marks, Link)
	}
}

func (l *line) text(n *ast.Text) {
	l.raw.Write(l.value(n))
	switch {
	case n.HardLineBreak():
		l.flush()
		l.add(Node{Name: HardBreak})
	case n.SoftLineBreak():
		l.raw.WriteByte(' ')
	}
}

// value returns the source of a text. goldmark leaves out tabs at the end of a line, markdown-it
// only spaces.
func (l *line) value(n *ast.Text) []byte {
	end := n.Segment.Stop
	for end < len(l.source) && isBlank(l.source[end]) {
		end++
	}
	isBreak := n.SoftLineBreak() || n.HardLineBreak()
	if !isBreak || end == len(l.source) || l.source[end] != '\n' {
		return n.Segment.Value(l.source)
	}
	return bytes.TrimRight(l.source[n.Segment.Start:end], " ")
}

// flush adds the text so far.
func (l *line) flush() {
	l.add(Node{Name: Text, Text: unescape(l.raw.String(), true)})
	l.raw.Reset()
}

// add adds a node with the current marks.
func (l *line) add(n Node) {
	n.Marks = l.marks
	l.out.add(n)
}
