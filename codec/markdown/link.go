package markdown

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// linkParser is goldmark's, but makes no link or image of an unsafe address: its brackets are text,
// and the rest is parsed again.
type linkParser struct {
	parser.InlineParser
	parser.CloseBlocker
}

// brackets is the content of a link or image with an unsafe address.
type brackets struct {
	ast.BaseInline
	image bool
}

var kindBrackets = ast.NewNodeKind("Brackets")

func (*brackets) Kind() ast.NodeKind { return kindBrackets }

func (*brackets) Dump([]byte, int) {}

func (b *brackets) opening() string {
	if b.image {
		return "!["
	}
	return "["
}

// unlinked moves the content of a link or image, which has no parent yet, to a new brackets.
func unlinked(n ast.Node) ast.Node {
	_, image := n.(*ast.Image)
	b := &brackets{image: image}
	for c := n.FirstChild(); c != nil; {
		next := c.NextSibling()
		n.RemoveChild(n, c)
		b.AppendChild(b, c)
		c = next
	}
	return b
}

func newLinkParser() linkParser {
	p := parser.NewLinkParser()
	return linkParser{p, p.(parser.CloseBlocker)}
}

func (p linkParser) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, segment := block.Position()
	if block.Peek() != ']' && !takeDelimiter(pc) {
		return nil
	}
	n := p.InlineParser.Parse(parent, block, pc)
	raw, ok := destinationOf(n)
	if !ok || isSafe(destination(raw)) {
		return n
	}
	block.SetPosition(line, segment)
	block.Advance(1)
	return unlinked(n)
}

func destinationOf(n ast.Node) ([]byte, bool) {
	switch n := n.(type) {
	case *ast.Link:
		return n.Destination, true
	case *ast.Image:
		return n.Destination, true
	}
	return nil, false
}

// definition matches a definition of a link in one line.
var definition = regexp.MustCompile(`^ {0,3}\[((?:[^\[\]\\]|\\.)+)\]:[ \t]*` +
	`(?:<([^<>\\]*)>|([^\s<()\\]+))` +
	`(?:[ \t]+(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'))?[ \t]*\n?$`)

// definitionParser parses definitions of one line. goldmark takes one for the start of a paragraph,
// which the next line might continue. Longer ones are left to goldmark.
type definitionParser struct{}

func (definitionParser) Trigger() []byte { return []byte{'['} }

func (definitionParser) Open(
	parent ast.Node, reader text.Reader, pc parser.Context,
) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	m := definition.FindSubmatch(line)
	if m == nil || util.IsBlank(m[1]) || !isSafe(destination(append(m[2], m[3]...))) {
		return nil, parser.NoChildren
	}
	title := append(m[4], m[5]...)
	next := trim(nextLine(parent, reader.Source(), segment.Stop))
	if len(title) == 0 && next != "" && strings.Contains(`"'(`, next[:1]) {
		return nil, parser.NoChildren // the title may be in the next line
	}
	reader.AdvanceToEOL()
	ref := ast.NewLinkReferenceDefinition(m[1], append(m[2], m[3]...), title)
	pc.AddReference(parser.NewReference(m[1], ref.Destination, title))
	return ref, parser.NoChildren
}

func (definitionParser) Continue(ast.Node, text.Reader, parser.Context) parser.State {
	return parser.Close
}

func (definitionParser) Close(ast.Node, text.Reader, parser.Context) {}
func (definitionParser) CanInterruptParagraph() bool                 { return false }
func (definitionParser) CanAcceptIndentedLine() bool                 { return false }
