package contents

import (
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Text returns the text of a document: that of the root of this name or, without one, that of its
// only root, if that is a text. A document with the fragment that editors use has the text of that,
// one line for each block. root is the name of the root that EditText edits; it is empty if the
// text is a fragment's. The error is that of view.New, to which the options are passed, or a
// ShapeError.
func Text(state yjs.CheckedUpdate, s markdown.Schema, name string, options ...view.Option) (
	text, root string, err error,
) {
	defer view.Recover(&err)
	v, done, err := newView(state, options)
	if err != nil {
		return "", "", err
	}
	defer done()
	if name == "" {
		all := Roots(v, "")
		switch {
		case len(all) == 0:
			return "", "", nil
		case isRich(v, s):
			return Lines(prose.Read(v, s)), "", nil
		case len(all) > 1:
			return "", "", wrongShape(v, "single text", "")
		}
		name = all[0].Name
	}
	t := v.Root(name)
	if !isText(t) || isOwn(name) {
		return "", "", wrongShape(v, "text", name)
	}
	return t.String(), name, nil
}

// isText reports whether a root is a Y.Text, or empty.
func isText(t view.Type) bool {
	for it := range t.Items() {
		if it.Deleted() {
			continue
		}
		switch it.Ref() {
		case yjs.RefString, yjs.RefFormat, yjs.RefEmbed:
		default:
			return false
		}
	}
	return !t.HasEntries()
}

// Lines returns the text in a tree. A node with inline nodes is a line.
func Lines(tree markdown.Node) string {
	var b strings.Builder
	writeLines(&b, tree)
	return b.String()
}

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
