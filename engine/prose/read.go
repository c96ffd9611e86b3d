package prose

import (
	"encoding/json"
	"maps"
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
	return markdown.Node{Name: markdown.Doc, Content: t.children(v.Root(s.Root()))}
}

type treeReader struct {
	schema markdown.Schema
	direct bool // text stands in its elements, so that those beside it may have marks too
}

// children are what stands in a type.
func (t treeReader) children(parent view.Type) []markdown.Node {
	r := nodeReader{treeReader: t}
	return r.all(parent)
}

// nodeReader reads the items of a list in order.
type nodeReader struct {
	treeReader
	formats formats        // in force
	size    int            // of formats
	inForce map[string]any // the values of formats; nil stands for none
	text    strings.Builder
	list    []markdown.Node
}

func (r *nodeReader) all(parent view.Type) []markdown.Node {
	for it := range parent.Items() {
		r.add(it)
	}
	return r.take()
}

func (r *nodeReader) add(it view.Item) {
	if it.Deleted() {
		return
	}
	switch it.Ref() {
	case codec.RefString:
		it.Spend(markCost * r.size)
		r.text.WriteString(it.Text())
	case codec.RefAny, codec.RefJSON:
		r.text.WriteString(stringsOf(it))
	case codec.RefFormat:
		r.flush()
		r.format(it.Format())
	case codec.RefType:
		it.Spend(markCost * r.size)
		r.flush()
		r.addType(it.Type())
	}
}

// addType adds an element as a node, and of another type what stands in it.
func (r *nodeReader) addType(t view.Type) {
	if !isElement(t) {
		held := nodeReader{treeReader: r.treeReader, formats: r.formats, size: r.size, inForce: maps.Clone(r.inForce)}
		r.list = append(r.list, held.all(t)...)
		return
	}
	n := r.element(t)
	n.Marks = r.marksBeside(n.Name)
	r.list = append(r.list, n)
}

// format puts a format in force; null ends it.
func (r *nodeReader) format(key, text string) {
	r.formats = r.formats.with(key, text)
	r.size = r.formats.size()
	var value any
	if json.Unmarshal([]byte(r.formats[key]), &value) != nil || value == nil {
		delete(r.inForce, key)
		return
	}
	if r.inForce == nil {
		r.inForce = make(map[string]any)
	}
	r.inForce[key] = value
}

func (r *nodeReader) flush() {
	if r.text.Len() > 0 {
		r.list = append(r.list, markdown.Node{Name: markdown.Text, Text: r.text.String(), Marks: r.marks(r.inForce)})
		r.text.Reset()
	}
}

// take returns what was read since the last call.
func (r *nodeReader) take() []markdown.Node {
	r.flush()
	list := r.list
	r.list = nil
	return list
}

// stringsOf are the strings among the values of an item, as Yjs 14 shows them.
func stringsOf(it view.Item) string {
	if it.Ref() != codec.RefAny && it.Ref() != codec.RefJSON {
		return ""
	}
	var text strings.Builder
	for _, value := range it.Values() {
		if s, ok := value.(string); ok {
			text.WriteString(s)
		}
	}
	return text.String()
}

// mayHaveMarks says whether what stands in a line beside text may have marks. Breaks
// have none: what they have follows from what is around them.
func mayHaveMarks(name string) bool { return name == markdown.Image || name == markdown.CivicRef }

// marksBeside are the marks of what stands here beside text.
func (r *nodeReader) marksBeside(name string) []markdown.Mark {
	if !r.direct || !mayHaveMarks(name) {
		return nil
	}
	return r.marks(r.inForce)
}

// isElement says whether a type has a name, and so is a node. Others only hold some.
func isElement(t view.Type) bool {
	return t.Kind() == codec.TypeXMLElement || t.Kind() == codec.TypeXMLHook
}

func (t treeReader) element(e view.Type) markdown.Node {
	n := markdown.Node{Name: t.schema.Ours(e.Name()), Content: t.children(e)}
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
