package prose

import (
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Read reads a document that editors wrote as the tree that Markdown is
// written of. Text counts wherever it stands: in an XmlText, as Yjs 13 has it, or
// directly in an element, as Yjs 14 does. Types without a name stand for what is
// in them. What is neither text nor an element is left out.
func Read(v *view.View, s markdown.Schema) markdown.Node {
	t := treeReader{s, HoldsDirectText(v, s)}
	return markdown.Node{Name: markdown.Doc, Content: t.children(v.Root(s.Root()), nil)}
}

type treeReader struct {
	schema markdown.Schema
	direct bool // text stands in its elements, so that those beside it may have marks too
}

// children are what stands in a type, where some formats are in force before its first item.
func (t treeReader) children(parent view.Type, inForce formats) []markdown.Node {
	r := nodeReader{treeReader: t, inForce: inForce}
	for it := range parent.Items() {
		r.add(it)
	}
	return r.end()
}

// nodes are what some items say.
func (t treeReader) nodes(items []view.Item, inForce formats) []markdown.Node {
	r := nodeReader{treeReader: t, inForce: inForce}
	for _, it := range items {
		r.add(it)
	}
	return r.end()
}

// nodeReader reads the items of a list in order.
type nodeReader struct {
	treeReader
	inForce formats
	text    strings.Builder
	list    []markdown.Node
}

func (r *nodeReader) add(it view.Item) {
	if it.Deleted() {
		return
	}
	switch it.Ref() {
	case codec.RefString:
		r.text.WriteString(it.Text())
	case codec.RefAny, codec.RefJSON:
		r.text.WriteString(stringsOf(it))
	case codec.RefFormat:
		r.flush()
		r.inForce = r.inForce.with(it.Format())
	case codec.RefType:
		r.flush()
		if typ := it.Type(); isElement(typ) {
			n := r.element(typ)
			n.Marks = r.marksBeside(n.Name, r.inForce)
			r.list = append(r.list, n)
		} else {
			r.list = append(r.list, r.children(typ, r.inForce)...)
		}
	}
}

func (r *nodeReader) flush() {
	if r.text.Len() > 0 {
		r.list = append(r.list, markdown.Node{Name: markdown.Text, Text: r.text.String(), Marks: r.marks(r.inForce.values())})
		r.text.Reset()
	}
}

func (r *nodeReader) end() []markdown.Node {
	r.flush()
	return r.list
}

// stringsOf are the strings among the values of an item, as Yjs 14 shows them.
func stringsOf(it view.Item) (text string) {
	if it.Ref() != codec.RefAny && it.Ref() != codec.RefJSON {
		return ""
	}
	for _, value := range it.Values() {
		if s, ok := value.(string); ok {
			text += s
		}
	}
	return text
}

// mayHaveMarks says whether what stands in a line beside text may have marks. Breaks
// have none: what they have follows from what is around them.
func mayHaveMarks(name string) bool { return name == markdown.Image || name == markdown.CivicRef }

// marksBeside are the marks of what stands beside text where some formats are in force.
func (t treeReader) marksBeside(name string, inForce formats) []markdown.Mark {
	if !t.direct || !mayHaveMarks(name) {
		return nil
	}
	return t.marks(inForce.values())
}

// isElement says whether a type has a name, and so is a node. Others only hold some.
func isElement(t view.Type) bool {
	return t.Kind() == codec.TypeXMLElement || t.Kind() == codec.TypeXMLHook
}

func (t treeReader) element(e view.Type) markdown.Node {
	n := markdown.Node{Name: t.schema.Ours(e.Name()), Content: t.children(e, nil)}
	n.Attrs = t.attrs(n.Name, e.Entries())
	return n
}

func (t treeReader) attrs(node string, entries map[string]any) markdown.Attrs {
	attrs := make(markdown.Attrs, len(entries))
	for key, value := range entries {
		switch v := value.(type) {
		case nil, view.Undefined, view.Type, view.Doc, []byte: // which JSON cannot say
		case view.BigInt:
			attrs[t.schema.OurAttr(node, key)] = float64(v)
		default:
			attrs[t.schema.OurAttr(node, key)] = value
		}
	}
	return attrs
}

// marks are what a text is formatted as, in the order markdown has them.
func (t treeReader) marks(formats map[string]any) (marks []markdown.Mark) {
	for name, value := range formats {
		if value == nil {
			continue
		}
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
