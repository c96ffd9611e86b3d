package markdown

import (
	"strings"

	"github.com/yuin/goldmark/ast"
)

func emphasisName(n *ast.Emphasis) string {
	if n.Level == 2 {
		return Strong
	}
	return Em
}

func (l *line) code(span *ast.CodeSpan) {
	var b strings.Builder
	for c := span.FirstChild(); c != nil; c = c.NextSibling() {
		if t, ok := c.(*ast.Text); ok {
			b.Write(t.Segment.Value(l.source))
		}
	}
	code := strings.ReplaceAll(b.String(), "\n", " ")
	n := len(code)
	if n > 2 && strings.Trim(code, " \t\v\f\r") == "" && code[0] == ' ' && code[n-1] == ' ' {
		code = code[1 : n-1] // markdown-it removes them from code of nothing but blanks too
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
	} else {
		l.lostHTML = true
	}
}

// image adds an image, whose alternative text is all text in it.
func (l *line) image(n *ast.Image) {
	alt := line{source: l.source}
	alt.walk(n)
	alt.flush()
	image := Node{Name: Image, Attrs: Attrs{"src": destination(n.Destination)}}
	image.Attrs.put("alt", textOf(alt.out.line()))
	image.Attrs.put("title", unescape(string(n.Title), false))
	l.add(image)
}
