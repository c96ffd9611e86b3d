package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// line reads the text of one block, or of one cell.
func (r *reader) line(content string) []Node { return r.cell(content, false) }

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

// counted reads a line in which so many delimiters count, and says whether there were more.
func (r *reader) readWithLimit(content string, isCell bool, delimiters int) (nodes []Node, tooMany bool) {
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

// asciiBlanks are what a block is trimmed of. A cell is trimmed of all blanks there are.
const asciiBlanks = " \t\n\r"

// line makes nodes of goldmark's inlines.
type line struct {
	source   []byte
	isCell   bool // in which <br> is a break
	out      lineBuilder
	marks    []Mark
	raw      strings.Builder // text whose escapes are yet to be read
	lostHTML bool            // HTML was left out
}

// walk goes through what n holds. Emphasis may nest as deep as the text is long, so it does not recurse.
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

// enter says whether to go on with what n holds.
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
		l.marks = withMark(l.marks, linkMark(destination(n.Destination), unescape(string(n.Title), false)))
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

// value is a text as written. At the end of a line goldmark leaves out tabs too, markdown-it only spaces.
func (l *line) value(n *ast.Text) []byte {
	end := n.Segment.Stop
	for end < len(l.source) && isBlank(l.source[end]) {
		end++
	}
	if !n.SoftLineBreak() && !n.HardLineBreak() || end == len(l.source) || l.source[end] != '\n' {
		return n.Segment.Value(l.source)
	}
	return bytes.TrimRight(l.source[n.Segment.Start:end], " ")
}

// flush adds the text that was gathered.
func (l *line) flush() {
	l.add(Node{Name: Text, Text: unescape(l.raw.String(), true)})
	l.raw.Reset()
}

// add adds a node with the marks in force.
func (l *line) add(n Node) {
	n.Marks = l.marks
	l.out.add(n)
}
