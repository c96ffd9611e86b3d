package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// lineParser reads what stands in the lines of one block.
var lineParser = parser.NewParser(
	parser.WithBlockParsers(util.Prioritized(allLines{}, 100)),
	parser.WithInlineParsers(
		util.Prioritized(parser.NewCodeSpanParser(), 100),
		util.Prioritized(newLinkParser(), 200),
		util.Prioritized(autoLinkParser{parser.NewAutoLinkParser()}, 300),
		util.Prioritized(parser.NewRawHTMLParser(), 400),
		util.Prioritized(emphasisParser{parser.NewEmphasisParser()}, 500),
	),
)

// allLines is one block of everything.
type allLines struct{}

func (allLines) Trigger() []byte { return nil }

func (p allLines) Open(_ ast.Node, reader text.Reader, _ parser.Context) (ast.Node, parser.State) {
	n := ast.NewTextBlock()
	p.Continue(n, reader, nil)
	return n, parser.NoChildren
}

func (allLines) Continue(n ast.Node, reader text.Reader, _ parser.Context) parser.State {
	_, line := reader.PeekLine()
	for line.Start < line.Stop && isBlank(reader.Source()[line.Start]) {
		line.Start++
	}
	n.Lines().Append(line)
	reader.AdvanceToEOL()
	return parser.Continue | parser.NoChildren
}

func (allLines) Close(ast.Node, text.Reader, parser.Context) {}
func (allLines) CanInterruptParagraph() bool                 { return true }
func (allLines) CanAcceptIndentedLine() bool                 { return true }

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// autoLinkParser leaves addresses alone that are not safe.
type autoLinkParser struct{ parser.InlineParser }

func (p autoLinkParser) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	n := p.InlineParser.Parse(parent, block, pc)
	if link, ok := n.(*ast.AutoLink); !ok || !isSafe(address(string(link.Label(block.Source())))) {
		return nil
	}
	return n
}

// line reads the text of one block, or of one cell.
func (r *reader) line(content string) []Node { return r.cell(content, false) }

func (r *reader) cell(content string, isCell bool) []Node {
	if isCell {
		content = trim(content)
	}
	if content = strings.Trim(content, asciiBlanks); content == "" {
		return nil
	}
	r.context.startLine(len(content))
	line := r.counted(content, isCell)
	if r.context.left < 0 {
		r.context.left = 0
		line = r.counted(content, isCell)
	}
	return line
}

// counted reads a line with as many delimiters as the context has left.
func (r *reader) counted(content string, isCell bool) []Node {
	l := line{source: []byte(content), isCell: isCell}
	root := lineParser.Parse(text.NewReader(l.source), parser.WithContext(r.context))
	for block := root.FirstChild(); block != nil; block = block.NextSibling() {
		l.walk(block)
	}
	l.flush()
	return l.out.line()
}

// asciiBlanks are what a block is trimmed of. A cell is trimmed of all blanks there are.
const asciiBlanks = " \t\n\r"

// line makes nodes of goldmark's inlines.
type line struct {
	source []byte
	isCell bool // in which <br> is a break
	out    lineBuilder
	marks  []Mark
	raw    strings.Builder // text whose escapes are yet to be read
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
		l.marks = withMark(l.marks, linkMark(address(unescape(string(n.Destination), false)), unescape(string(n.Title), false)))
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

func emphasisName(n *ast.Emphasis) string {
	if n.Level == 2 {
		return Strong
	}
	return Em
}

func linkMark(href, title string) Mark {
	m := Mark{Name: Link, Attrs: Attrs{"href": href}}
	m.Attrs.put("title", title)
	return m
}

func (l *line) text(n *ast.Text) {
	value := l.value(n)
	isBreak := n.HardLineBreak()
	if n.SoftLineBreak() && l.endsInBackslash(n) {
		value, isBreak = value[:len(value)-1], true
	}
	l.raw.Write(value)
	switch {
	case isBreak:
		l.flush()
		l.add(Node{Name: HardBreak})
	case n.SoftLineBreak():
		l.raw.WriteByte(' ')
	}
}

// endsInBackslash says whether a line ends in a backslash that is not itself escaped. goldmark sees that behind no other.
func (l *line) endsInBackslash(n *ast.Text) bool {
	end := n.Segment.Stop
	start := end
	for start > n.Segment.Start && l.source[start-1] == '\\' {
		start--
	}
	return (end-start)%2 == 1 && end < len(l.source) && l.source[end] == '\n'
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

func (l *line) code(n *ast.CodeSpan) {
	var b strings.Builder
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(l.source))
		}
	}
	code := strings.ReplaceAll(b.String(), "\n", " ")
	if n := len(code); n > 2 && strings.Trim(code, " \t\v\f\r") == "" && code[0] == ' ' && code[n-1] == ' ' {
		code = code[1 : n-1] // to markdown-it blanks around blanks are blanks around code too
	}
	marks := l.marks
	l.marks = withMark(marks, Mark{Name: Code})
	l.add(Node{Name: Text, Text: code})
	l.marks = withoutMark(marks, Code)
}

func (l *line) autoLink(n *ast.AutoLink) {
	label := string(n.Label(l.source))
	href := label
	if n.AutoLinkType == ast.AutoLinkEmail {
		href = "mailto:" + label
	}
	marks := l.marks
	l.marks = withMark(marks, linkMark(address(href), ""))
	l.add(Node{Name: Text, Text: addressText(label)})
	l.marks = withoutMark(marks, Link)
}

func (l *line) html(n *ast.RawHTML) {
	var b strings.Builder
	for i := range n.Segments.Len() {
		s := n.Segments.At(i)
		b.Write(s.Value(l.source))
	}
	if ref, ok := parseCivicRef(b.String()); ok {
		l.add(ref)
	} else if l.isCell && b.String() == "<br>" {
		l.add(Node{Name: HardBreak})
	}
}

// image has for its alternative text all the text it holds.
func (l *line) image(n *ast.Image) {
	alt := line{source: l.source}
	alt.walk(n)
	alt.flush()
	image := Node{Name: Image, Attrs: Attrs{"src": address(unescape(string(n.Destination), false))}}
	image.Attrs.put("alt", textOf(alt.out.line()))
	image.Attrs.put("title", unescape(string(n.Title), false))
	l.add(image)
}

// textOf is the text of what stands in a line: of images their alternative, of references their label.
func textOf(nodes []Node) string {
	var b strings.Builder
	for _, n := range nodes {
		switch n.Name {
		case HardBreak:
			b.WriteByte(' ')
		case Image:
			b.WriteString(n.Attrs.str("alt"))
		case CivicRef:
			b.WriteString(n.Attrs.str("label"))
		}
		b.WriteString(n.Text)
	}
	return b.String()
}
