package markdown

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// maxEmptyCells is the largest number of cells that are added to the rows of one table.
const maxEmptyCells = 1 << 16

// tableNode is a table, with the text of its cells, the header first.
type tableNode struct {
	ast.BaseBlock
	aligns    []string
	rows      [][]string
	delimited bool // the delimiter row was read
	missing   int  // number of cells that rows lacked so far
}

var kindTable = ast.NewNodeKind("CivicTable")

func (*tableNode) Kind() ast.NodeKind { return kindTable }

func (*tableNode) Dump([]byte, int) {}

// tableParser parses tables like markdown-it, which tries a table before any other block.
// goldmark's extension makes tables of complete paragraphs instead, and treats escaped bars
// otherwise.
type tableParser struct{ interrupters []parser.BlockParser }

// Trigger returns every byte: parsers without triggers would be asked after all others.
func (tableParser) Trigger() []byte {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return all
}

func (p tableParser) Open(
	parent ast.Node, reader text.Reader, pc parser.Context,
) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	last := pc.LastOpenedBlock().Node
	_, isList := parent.(*ast.List)
	if isList || bytes.IndexByte(line, '|') < 0 {
		return nil, parser.NoChildren
	}
	if ast.IsParagraph(last) && last.Parent() != parent && !p.interrupted(parent, reader, pc) {
		return nil, parser.NoChildren // a lazy continuation of the paragraph
	}
	aligns := delimiterRow(nextLine(parent, reader.Source(), segment.Stop))
	if aligns == nil {
		return nil, parser.NoChildren
	}
	head := headerRow(string(line), len(aligns))
	if head == nil {
		return nil, parser.NoChildren
	}
	reader.AdvanceToEOL()
	return &tableNode{aligns: aligns, rows: [][]string{head}}, parser.NoChildren
}

// Continue takes the delimiter row, then rows until another block begins.
func (p tableParser) Continue(n ast.Node, reader text.Reader, pc parser.Context) parser.State {
	table := n.(*tableNode)
	line, _ := reader.PeekLine()
	if !table.delimited {
		table.delimited = true
	} else if p.interrupted(n.Parent(), reader, pc) || !table.addRow(string(line)) {
		return parser.Close
	}
	reader.AdvanceToEOL()
	return parser.Continue | parser.NoChildren
}

// interrupted reports whether another block begins with this line.
func (p tableParser) interrupted(parent ast.Node, reader text.Reader, pc parser.Context) bool {
	at, segment := reader.Position()
	line, _ := reader.PeekLine()
	indent, offset := util.IndentWidth(line, reader.LineOffset())
	if indent > 3 || offset >= len(line) {
		return false
	}
	pc.SetBlockIndent(indent)
	pc.SetBlockOffset(offset)
	for _, other := range p.interrupters {
		opened, _ := other.Open(parent, reader, pc)
		reader.SetPosition(at, segment)
		html, ok := opened.(*ast.HTMLBlock)
		if opened != nil && (!ok || html.HTMLBlockType != ast.HTMLBlockType7) {
			return true
		}
	}
	return false
}

func (tableParser) Close(ast.Node, text.Reader, parser.Context) {}

func (tableParser) CanInterruptParagraph() bool { return true }

func (tableParser) CanAcceptIndentedLine() bool { return false }

// addRow adds a row, or returns false if the line is none.
func (t *tableNode) addRow(line string) bool {
	if isIndented(line) || trim(line) == "" {
		return false
	}
	cells := splitRow(line)
	if t.missing += len(t.aligns) - len(cells); t.missing > maxEmptyCells {
		return false
	}
	t.rows = append(t.rows, cells[:min(len(cells), len(t.aligns))])
	return true
}

func (r *reader) table(t *tableNode) Node {
	table := Node{Name: Table}
	for i, cells := range t.rows {
		name := TableCell
		if i == 0 {
			name = TableHeader
		}
		row := Node{Name: TableRow}
		for column, align := range t.aligns {
			content := ""
			if column < len(cells) {
				content = cells[column]
			}
			row.Content = append(row.Content, r.tableCell(name, align, content))
		}
		table.Content = append(table.Content, row)
	}
	return table
}

func (r *reader) tableCell(name, align, content string) Node {
	attrs := Attrs{"colspan": 1.0, "rowspan": 1.0}
	attrs.put("align", align)
	paragraph := Node{Name: Paragraph, Content: r.cell(content, true)}
	return Node{Name: name, Attrs: attrs, Content: []Node{paragraph}}
}
