package standin

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

var (
	reference = regexp.MustCompile(`^<!--civic-ref\s+type="[^"]+"\s+id="[^"]+"\s+label="[^"]*"-->$`)
	footnote  = regexp.MustCompile(`\[\^[^\]]+\]`)
	reader    = goldmark.New(goldmark.WithExtensions(extension.Table)).Parser()
)

// EditedTogether says whether CivicPress' UI lets people edit a text together. It does not
// where something would be lost: blocks of HTML, HTML in a line that is no reference,
// footnotes, and what is not written the same way when it is read and written a second time.
// roundTrip reads a text and writes it, as the UI's editor would; an error is a refusal.
func EditedTogether(markdown string, roundTrip func(string) (string, error)) bool {
	if strings.TrimSpace(markdown) == "" {
		return true
	}
	if losesSomething([]byte(markdown)) {
		return false
	}
	once, err := roundTrip(markdown)
	if err != nil {
		return false
	}
	twice, err := roundTrip(once)
	return err == nil && once == twice
}

func losesSomething(source []byte) (loses bool) {
	_ = ast.Walk(reader.Parse(text.NewReader(source)), func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		switch n := n.(type) {
		case *ast.HTMLBlock:
			loses = true
		case *ast.RawHTML:
			loses = loses || !reference.Match(n.Segments.Value(source))
		case *ast.CodeSpan:
			return ast.WalkSkipChildren, nil
		default:
			loses = loses || entering && footnote.Match(lineOf(n, source))
		}
		return ast.WalkContinue, nil
	})
	return loses
}

// lineOf is the text that stands directly in n, code left out: goldmark cuts text where a bracket is.
func lineOf(n ast.Node, source []byte) (line []byte) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			line = append(line, c.Segment.Value(source)...)
		case *ast.String:
			line = append(line, c.Value...)
		default:
			line = append(line, '\n')
		}
	}
	return line
}
