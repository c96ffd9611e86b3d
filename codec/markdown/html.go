package markdown

import (
	"bytes"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// htmlParser is goldmark's, but does not open a block for a reference, which may begin a paragraph.
type htmlParser struct{ parser.BlockParser }

func (p htmlParser) Open(
	parent ast.Node, reader text.Reader, pc parser.Context,
) (ast.Node, parser.State) {
	line, segment := reader.PeekLine()
	switch {
	case civicRefStart.Match(line):
		return nil, parser.NoChildren
	case missedHTML.Match(line):
		return p.openMissed(line, segment, parent, reader, pc)
	}
	return p.BlockParser.Open(parent, reader, pc)
}

// missedHTML matches HTML that goldmark recognizes in upper case only, or with a space in the place
// of the tab.
var missedHTML = regexp.MustCompile(`^ {0,3}<(![a-z]|/?[A-Za-z][A-Za-z0-9-]*\t)`)

func (p htmlParser) openMissed(
	line []byte, segment text.Segment, parent ast.Node, reader text.Reader, pc parser.Context,
) (ast.Node, parser.State) {
	known := bytes.ToUpper(bytes.ReplaceAll(line, []byte("\t"), []byte(" ")))
	opened, state := p.BlockParser.Open(parent, text.NewReader(known), pc)
	html, ok := opened.(*ast.HTMLBlock)
	if !ok {
		return nil, state
	}
	block := ast.NewHTMLBlock(html.HTMLBlockType)
	block.Lines().Append(segment)
	reader.AdvanceToEOL()
	return block, state
}

// rawHTMLParser is goldmark's, and recognizes a declaration in lower case too, <!doctype html>.
type rawHTMLParser struct{ parser.InlineParser }

func (p rawHTMLParser) Parse(parent ast.Node, block text.Reader, pc parser.Context) ast.Node {
	line, _ := block.PeekLine()
	if len(line) > 2 && line[1] == '!' && line[2] >= 'a' && line[2] <= 'z' {
		return declaration(block, pc)
	}
	return p.InlineParser.Parse(parent, block, pc)
}

// noDeclaration is the key of the offset up to which there is no end of a declaration.
var noDeclaration = parser.NewContextKey()

func declaration(block text.Reader, pc parser.Context) ast.Node {
	n := ast.NewRawHTML()
	startLine, start := block.Position()
	end, _ := pc.Get(noDeclaration).(int)
	for {
		line, segment := block.PeekLine()
		if line == nil || segment.Start < end {
			break
		}
		if i := bytes.IndexByte(line, '>'); i >= 0 {
			n.Segments.Append(segment.WithStop(segment.Start + i + 1))
			block.Advance(i + 1)
			return n
		}
		n.Segments.Append(segment)
		pc.Set(noDeclaration, segment.Stop)
		block.AdvanceLine()
	}
	block.SetPosition(startLine, start)
	return nil
}

// Forms of a reference: <!--civic-ref type="…" id="…" label="…"-->.
var (
	civicRefForm = regexp.MustCompile(`^<!--civic-ref[\s\x{a0}\x{feff}]+type="([^"]*)"` +
		`[\s\x{a0}\x{feff}]+id="([^"]*)"[\s\x{a0}\x{feff}]+label="([^"]*)"-->$`)
	civicRefStart = regexp.MustCompile(`^ {0,3}<!--civic-ref` +
		`[ \t]+type="[^"]*"[ \t]+id="[^"]*"[ \t]+label="[^"]*"-->`)

	civicRefEscaper   = strings.NewReplacer(`"`, "&quot;", "--", "&#45;&#45;")
	civicRefUnescaper = strings.NewReplacer("&quot;", `"`, "&#45;&#45;", "--")
)

// parseCivicRef reads HTML that may be a reference.
func parseCivicRef(html string) (Node, bool) {
	m := civicRefForm.FindStringSubmatch(html)
	if m == nil {
		return Node{}, false
	}
	attrs := Attrs{
		"refType": refType(m[1]),
		"id":      civicRefUnescaper.Replace(m[2]),
		"label":   civicRefUnescaper.Replace(m[3]),
	}
	return Node{Name: CivicRef, Attrs: attrs}, true
}

// refType returns a known type of references: s, or "record".
func refType(s string) string {
	switch s {
	case "geography", "attachment":
		return s
	}
	return "record"
}

func appendCivicRef(dst []byte, a Attrs) []byte {
	for _, part := range [...]string{
		`<!--civic-ref type="`, civicRefEscaper.Replace(a.str("refType")),
		`" id="`, civicRefEscaper.Replace(a.str("id")),
		`" label="`, civicRefEscaper.Replace(a.str("label")), `"-->`,
	} {
		dst = append(dst, part...)
	}
	return dst
}
