package prose

import (
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Read reads a document that editors wrote as the tree that Markdown is
// written of. What is no node of theirs is left out.
func Read(v *view.View, s markdown.Schema) markdown.Node {
	t := treeReader{s}
	return markdown.Node{Name: markdown.Doc, Content: t.children(v.Root(s.Root()))}
}

type treeReader struct{ schema markdown.Schema }

func (t treeReader) children(parent view.Type) (nodes []markdown.Node) {
	for _, child := range parent.Values() {
		child, ok := child.(view.Type)
		switch {
		case !ok:
		case child.Kind() == codec.TypeXMLElement:
			nodes = append(nodes, t.element(child))
		case child.Kind() == codec.TypeXMLText:
			nodes = append(nodes, t.texts(child)...)
		}
	}
	return nodes
}

func (t treeReader) element(e view.Type) markdown.Node {
	n := markdown.Node{Name: t.schema.Ours(e.Name()), Content: t.children(e)}
	n.Attrs = t.attrs(n.Name, e.Entries())
	return n
}

func (t treeReader) attrs(node string, entries map[string]any) markdown.Attrs {
	attrs := make(markdown.Attrs, len(entries))
	for key, value := range entries {
		if _, undefined := value.(view.Undefined); value != nil && !undefined {
			attrs[t.schema.OurAttr(node, key)] = value
		}
	}
	return attrs
}

func (t treeReader) texts(text view.Type) (nodes []markdown.Node) {
	for _, op := range text.Delta() {
		if s, ok := op.Insert.(string); ok {
			nodes = append(nodes, markdown.Node{Name: markdown.Text, Text: s, Marks: t.marks(op.Attributes)})
		}
	}
	return nodes
}

// marks are what a text is formatted as, in the order markdown has them.
func (t treeReader) marks(formats map[string]any) (marks []markdown.Mark) {
	for name, value := range formats {
		m := markdown.Mark{Name: t.schema.Ours(markName(name))}
		if members, ok := value.(map[string]any); ok {
			m.Attrs = t.attrs(m.Name, members)
		}
		marks = append(marks, m)
	}
	slices.SortFunc(marks, markdown.CompareMarks)
	return marks
}

// markName is the name of a mark without the hash that y-prosemirror appends where several of one name may overlap.
func markName(name string) string {
	if at := len(name) - len("--12345678"); at > 0 && name[at:at+2] == "--" && isBase64(name[at+2:]) {
		return name[:at]
	}
	return name
}

func isBase64(s string) bool {
	return strings.Trim(s, "+/=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}
