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

// AllowsCollaboration reports whether CivicPress' UI lets users edit a text collaboratively. It
// does not if content would be lost: blocks of HTML, HTML in a line that is no reference,
// footnotes, and text that changes when it is read and written a second time. roundTrip reads and
// writes a text like the UI's editor; an error is a refusal.
func AllowsCollaboration(markdown string, roundTrip func(string) (string, error)) bool {
	if strings.TrimSpace(markdown) == "" {
		return true
	}
	if losesContent([]byte(markdown)) {
		return false
	}
	once, err := roundTrip(markdown)
	if err != nil {
		return false
	}
	twice, err := roundTrip(once)
	return err == nil && once == twice
}

func losesContent(source []byte) (loses bool) {
	document := reader.Parse(text.NewReader(source))
	_ = ast.Walk(document, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
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

// lineOf returns the text that is directly in n, without code. goldmark splits text at brackets.
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
