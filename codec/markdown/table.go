package markdown

import (
	"bytes"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// maxEmptyCells is how many cells that rows lack are made up in one table.
const maxEmptyCells = 1 << 16

// tableNode is a table: its cells, the header first.
type tableNode struct {
	ast.BaseBlock
	aligns    []string
	rows      [][]string
	delimited bool // the delimiters were read
	missing   int  // cells that rows lacked so far
}

var kindTable = ast.NewNodeKind("CivicTable")

func (*tableNode) Kind() ast.NodeKind { return kindTable }

func (*tableNode) Dump([]byte, int) {}

// tableParser finds tables. goldmark's own extension makes them of paragraphs
// that were read to their end, where markdown-it asks for a table before
// anything else, and has cells cut otherwise where bars are escaped.
type tableParser struct{ interrupters []parser.BlockParser }

// Trigger has every byte, as only those that ask for a byte are asked in order.
func (tableParser) Trigger() []byte {
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	return all
}

func (p tableParser) Open(parent ast.Node, reader text.Reader, pc parser.Context) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	last := pc.LastOpenedBlock().Node
	_, isList := parent.(*ast.List)
	if isList || bytes.IndexByte(line, '|') < 0 {
		return nil, parser.NoChildren
	}
	if ast.IsParagraph(last) && last.Parent() != parent && !p.interrupted(parent, reader, pc) {
		return nil, parser.NoChildren // the paragraph goes on
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

// Continue takes the delimiters, then rows up to where something else starts.
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

// ends says whether a block of another kind starts in this line.
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
		if html, ok := opened.(*ast.HTMLBlock); opened != nil && (!ok || html.HTMLBlockType != ast.HTMLBlockType7) {
			return true
		}
	}
	return false
}

func (tableParser) Close(ast.Node, text.Reader, parser.Context) {}

func (tableParser) CanInterruptParagraph() bool { return true }

func (tableParser) CanAcceptIndentedLine() bool { return false }

// addRow is false for what is no row.
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
	return Node{Name: name, Attrs: attrs, Content: []Node{{Name: Paragraph, Content: r.cell(content, true)}}}
}
