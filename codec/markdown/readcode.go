package markdown

import (
	"bytes"
	"strings"

	"github.com/yuin/goldmark/ast"
)

// fenced returns the lines of a fenced block of code. goldmark leaves out lines of blanks in an
// item.
func (r *reader) fenced(n *ast.FencedCodeBlock) string {
	var b strings.Builder
	inItem, indent := isInItem(n), r.fenceIndent(n)
	for i, lines := 0, n.Lines(); i < lines.Len(); i++ {
		line := lines.At(i)
		value := line.Value(r.source)
		if inItem && string(value) == "\n" {
			blanks := nextLine(n.Parent(), r.source, r.lineStart(line.Start))
			b.WriteString(blanks[min(indent, len(blanks)):])
		}
		b.Write(value)
	}
	return b.String()
}

func isInItem(n ast.Node) bool {
	for ; n != nil; n = n.Parent() {
		if n.Kind() == ast.KindListItem {
			return true
		}
	}
	return false
}

// fenceIndent returns the number of blanks before a fence that is first in its line.
func (r *reader) fenceIndent(n ast.Node) int {
	line := nextLine(n.Parent(), r.source, r.lineStart(max(n.Pos(), 0)))
	if fence := strings.TrimLeft(line, " "); fence != "" && (fence[0] == '`' || fence[0] == '~') {
		return len(line) - len(fence)
	}
	return 0
}

// lineStart returns the offset of the start of the line that an offset is in.
func (r *reader) lineStart(at int) int { return bytes.LastIndexByte(r.source[:at], '\n') + 1 }

// info returns all that is behind the opening fence in its line.
func (r *reader) info(n *ast.FencedCodeBlock) string {
	if n.Pos() < 0 || n.Pos() >= len(r.source) {
		return ""
	}
	line := r.source[n.Pos():]
	fence := line[0]
	line, _, _ = bytes.Cut(line, []byte("\n"))
	return string(bytes.TrimLeft(line, string(fence)))
}

func codeBlock(params, content string) Node {
	n := Node{Name: CodeBlock, Attrs: Attrs{"params": params}}
	if content = strings.TrimSuffix(content, "\n"); content != "" {
		n.Content = []Node{{Name: Text, Text: content}}
	}
	return n
}
