package markdown

import (
	"bytes"
	"slices"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/util"
)

// nextLine returns the line at an offset without the prefixes of the blocks that parent is in, or
// "" if the line is not in them.
func nextLine(parent ast.Node, source []byte, at int) string {
	var holders []ast.Node
	for n := parent; n != nil; n = n.Parent() {
		holders = append(holders, n)
	}
	text, _, _ := bytes.Cut(source[min(at, len(source)):], []byte("\n"))
	l := lineRest{text: text}
	for _, holder := range slices.Backward(holders) {
		in := true
		switch holder := holder.(type) {
		case *ast.Blockquote:
			in = l.takeQuote()
		case *ast.ListItem:
			in = l.takeBlanks(holder.Offset)
		}
		if !in {
			return ""
		}
	}
	return strings.Repeat(" ", l.pad) + string(l.text)
}

// lineRest is the rest of a line behind some prefixes. Tabs end at every fourth column.
type lineRest struct {
	text   []byte
	column int
	pad    int // columns left of a tab
}

// takeBlanks removes a number of columns of blanks, if there are that many.
func (l *lineRest) takeBlanks(width int) bool {
	for ; width > 0; width-- {
		switch {
		case l.pad > 0:
			l.pad--
		case len(l.text) == 0 || !isBlank(l.text[0]):
			return false
		default:
			if l.text[0] == '\t' {
				l.pad = util.TabWidth(l.column) - 1
			}
			l.text = l.text[1:]
		}
		l.column++
	}
	return true
}

// takeQuote removes the prefix of a quote, with one blank.
func (l *lineRest) takeQuote() bool {
	for range 3 {
		l.takeBlanks(1)
	}
	if l.pad > 0 || len(l.text) == 0 || l.text[0] != '>' {
		return false
	}
	l.text = l.text[1:]
	l.column++
	l.takeBlanks(1)
	return true
}
