package markdown

import (
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// lineParser is goldmark with the parsers for the line of one block.
var lineParser = parser.NewParser(
	parser.WithBlockParsers(util.Prioritized(allLines{}, 100)),
	parser.WithInlineParsers(
		util.Prioritized(escapeParser{}, 50),
		util.Prioritized(parser.NewCodeSpanParser(), 100),
		util.Prioritized(newLinkParser(), 200),
		util.Prioritized(autoLinkParser{parser.NewAutoLinkParser()}, 300),
		util.Prioritized(rawHTMLParser{parser.NewRawHTMLParser()}, 400),
		util.Prioritized(emphasisParser{parser.NewEmphasisParser()}, 500),
	),
)

// allLines makes one block of all lines.
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

func (allLines) CanInterruptParagraph() bool { return true }

func (allLines) CanAcceptIndentedLine() bool { return true }

// autoLinkParser is goldmark's, but makes no link of an unsafe address.
type autoLinkParser struct{ parser.InlineParser }

func (p autoLinkParser) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	n := p.InlineParser.Parse(parent, block, pc)
	if link, ok := n.(*ast.AutoLink); !ok || !isSafe(address(string(link.Label(block.Source())))) {
		return nil
	}
	return n
}

// escapeParser parses a backslash and the character that it escapes. goldmark itself would let one
// at the end of a line escape the start of the next.
type escapeParser struct{}

func (escapeParser) Trigger() []byte { return []byte{'\\'} }

func (escapeParser) Parse(_ ast.Node, block text.Reader, _ parser.Context) ast.Node {
	line, segment := block.PeekLine()
	n := 1
	if len(line) > 1 && util.IsPunct(line[1]) {
		n = 2
	}
	block.Advance(n)
	return ast.NewTextSegment(segment.WithStop(segment.Start + n))
}
