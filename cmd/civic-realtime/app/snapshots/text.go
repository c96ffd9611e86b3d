package snapshots

import (
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
)

// text returns the document as readable text: as markdown does, but the editors' text without
// Markdown's syntax, one line for each paragraph.
func (s State) text(of markdown.Schema) (text string, remarks []string, err error) {
	return s.readable(of, func(tree markdown.Node) (string, []string) {
		var b strings.Builder
		writeLines(&b, tree)
		return b.String(), nil
	})
}

// writeLines writes the text in a node. A node with inline nodes is a line.
func writeLines(b *strings.Builder, n markdown.Node) {
	switch n.Name {
	case markdown.Text:
		b.WriteString(n.Text)
	case markdown.HardBreak:
		b.WriteByte('\n')
	}
	for _, child := range n.Content {
		writeLines(b, child)
	}
	if len(n.Content) > 0 && markdown.IsInline(n.Content[0].Name) && !markdown.IsInline(n.Name) {
		b.WriteByte('\n')
	}
}
