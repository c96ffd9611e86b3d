package markdown

import (
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Parse reads Markdown as a Doc. Its only error is ErrTooLarge: any text is Markdown.
func Parse(markdown string) (Node, error) {
	doc, _, err := parse(markdown)
	return doc, err
}

// parse does the same as Parse, and reports whether HTML was left out.
func parse(markdown string) (doc Node, lost bool, err error) {
	if len(markdown) > MaxSize {
		return Node{}, false, ErrTooLarge
	}
	r := reader{source: normalizeText(markdown), context: newContext()}
	root := blockParser.Parse(text.NewReader(r.source), parser.WithContext(r.context))
	doc = Node{Name: Doc, Content: atLeastOne(r.blocks(root))}
	return doc, r.lostHTML, nil
}

// normalizeText replaces line endings and NUL like markdown-it, makes the text valid UTF-8, and
// removes a last line of blanks.
func normalizeText(markdown string) []byte {
	s := NormalizeCode(markdown)
	if last := strings.LastIndexByte(s, '\n') + 1; strings.Trim(s[last:], " \t") == "" {
		s = s[:last]
	}
	return []byte(s)
}

// blockParser is goldmark with the parsers for blocks. It does not parse their lines, which
// lineParser does, from the text of a block or cell.
var blockParser = parser.NewParser(
	parser.WithBlockParsers(
		util.Prioritized(tableParser{tableInterrupters}, 50),
		util.Prioritized(parser.NewSetextHeadingParser(), 100),
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(depthLimited{lists{parser.NewListParser()}}, 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewCodeBlockParser(), 500),
		util.Prioritized(parser.NewATXHeadingParser(), 600),
		util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
		util.Prioritized(depthLimited{parser.NewBlockquoteParser()}, 800),
		util.Prioritized(definitionParser{}, 850),
		util.Prioritized(htmlParser{parser.NewHTMLBlockParser()}, 900),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	),
	parser.WithParagraphTransformers(
		util.Prioritized(parser.LinkReferenceParagraphTransformer, 100),
	),
)

// tableInterrupters are the blocks that end a table.
var tableInterrupters = []parser.BlockParser{
	parser.NewFencedCodeBlockParser(), parser.NewBlockquoteParser(),
	parser.NewThematicBreakParser(), parser.NewListParser(),
	htmlParser{parser.NewHTMLBlockParser()}, parser.NewATXHeadingParser(),
}

// depthLimited opens no quote and no list at maxDepth.
type depthLimited struct{ parser.BlockParser }

func (p depthLimited) Open(
	parent ast.Node, reader text.Reader, pc parser.Context,
) (ast.Node, parser.State) {
	depth := 0
	for n := parent; n != nil; n = n.Parent() {
		if depth++; depth >= maxDepth {
			return nil, parser.NoChildren
		}
	}
	return p.BlockParser.Open(parent, reader, pc)
}

// reader makes nodes of goldmark's blocks.
type reader struct {
	source   []byte
	context  *context // with the link references of the whole text
	lostHTML bool     // HTML was left out
}

func (r *reader) blocks(parent ast.Node) []Node {
	blocks := make([]Node, 0, parent.ChildCount())
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		if b, ok := r.block(n); ok {
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// block returns the node of a block, or false for HTML and definitions of links, which leave none.
func (r *reader) block(n ast.Node) (Node, bool) {
	switch n := n.(type) {
	case *ast.Paragraph, *ast.TextBlock:
		return r.paragraph(r.text(n)), true
	case *ast.LinkReferenceDefinition:
		return r.paragraph(r.text(n)), !isSafe(destination(n.Destination))
	case *ast.Heading:
		level := Attrs{"level": float64(n.Level)}
		return Node{Name: Heading, Attrs: level, Content: r.line(r.text(n))}, true
	case *ast.ThematicBreak:
		return Node{Name: HorizontalRule}, true
	case *ast.CodeBlock:
		return codeBlock("", r.text(n)), true
	case *ast.FencedCodeBlock:
		return codeBlock(r.info(n), r.fenced(n)), true
	case *ast.Blockquote:
		return Node{Name: Blockquote, Content: atLeastOne(r.blocks(n))}, true
	case *ast.List:
		return r.list(n), true
	case *tableNode:
		return r.table(n), true
	case *ast.HTMLBlock:
		r.lostHTML = true
	}
	return Node{}, false
}

func (r *reader) paragraph(content string) Node {
	return Node{Name: Paragraph, Content: r.line(content)}
}

// text returns the lines of a block.
func (r *reader) text(n ast.Node) string {
	lines := n.Lines()
	if lines.Len() == 1 {
		line := lines.At(0)
		return string(line.Value(r.source))
	}
	var b strings.Builder
	for i := range lines.Len() {
		line := lines.At(i)
		b.Write(line.Value(r.source))
	}
	return b.String()
}

func (r *reader) list(n *ast.List) Node {
	list := Node{Name: BulletList}
	if n.IsOrdered() {
		list.Name, list.Attrs = OrderedList, Attrs{"order": float64(max(n.Start, 1))}
	}
	for item := n.FirstChild(); item != nil; item = item.NextSibling() {
		blocks := paragraphFirst(r.blocks(item))
		list.Content = append(list.Content, Node{Name: ListItem, Content: blocks})
	}
	return list
}

// atLeastOne returns an empty paragraph if there are no blocks.
func atLeastOne(blocks []Node) []Node {
	if len(blocks) == 0 {
		return []Node{{Name: Paragraph}}
	}
	return blocks
}

// paragraphFirst returns blocks behind an empty paragraph if they do not begin with one, as an item
// must.
func paragraphFirst(blocks []Node) []Node {
	if len(blocks) > 0 && blocks[0].Name == Paragraph {
		return blocks
	}
	return append([]Node{{Name: Paragraph}}, blocks...)
}
