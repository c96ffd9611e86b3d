package snapshots

import (
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/contents"
)

// text returns the document as readable text: as markdown does, but the editors' text without
// Markdown's syntax, one line for each paragraph.
func (s State) text(of markdown.Schema) (text string, remarks []string, err error) {
	return s.readable(of, func(tree markdown.Node) (string, []string) {
		return contents.Lines(tree), nil
	})
}
