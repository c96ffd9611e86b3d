package prose

import (
	"slices"
	"strings"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

func (t treeReader) element(e view.Type) markdown.Node {
	n := markdown.Node{Name: t.schema.Canonical(e.Name()), Content: t.children(e)}
	for key, value := range e.EachEntry() {
		name, value, ok := t.attr(n.Name, key, value)
		if !ok {
			continue
		}
		if n.Attrs == nil {
			n.Attrs = t.memory.attrs()
		}
		n.Attrs[name] = value
	}
	return n
}

// attrs returns the attributes of a mark, in new memory, as marks are cached.
func (t treeReader) attrs(mark string, entries map[string]any) (attrs markdown.Attrs) {
	for key, value := range entries {
		if name, value, ok := t.attr(mark, key, value); ok {
			if attrs == nil {
				attrs = make(markdown.Attrs)
			}
			attrs[name] = value
		}
	}
	return attrs
}

// attr returns the name and the value that an attribute of a node or mark has in trees. ok is false
// if JSON cannot express the value.
func (t treeReader) attr(of, key string, value any) (name string, v any, ok bool) {
	name = t.schema.CanonicalAttr(of, key)
	if t.memory != nil && t.memory.textOnly && isUnexpressedAttr(of, name) {
		return "", nil, false
	}
	switch v := value.(type) {
	case nil, view.Undefined, view.Type, view.Doc, []byte:
		return "", nil, false
	case view.BigInt:
		value = float64(v)
	}
	return name, value, true
}

// isUnexpressedAttr reports whether Markdown cannot express an attribute of a node of CivicPress'
// schema.
func isUnexpressedAttr(node, name string) bool {
	return (node == markdown.TableCell || node == markdown.TableHeader) && name != "align"
}

// marksOfValues returns formats as marks, in the order of markdown.CompareMarks.
func (t treeReader) marksOfValues(formats map[string]any) (marks []markdown.Mark) {
	for name, value := range formats {
		marks = append(marks, t.mark(name, value))
	}
	slices.SortFunc(marks, markdown.CompareMarks)
	return marks
}

func (t treeReader) mark(key string, value any) markdown.Mark {
	m := markdown.Mark{Name: t.schema.Canonical(markName(key))}
	if members, ok := value.(map[string]any); ok {
		m.Attrs = t.attrs(m.Name, members)
	}
	return m
}

// markName returns the name of a mark without the hash that y-prosemirror appends where several of
// one name may overlap.
func markName(name string) string {
	at := len(name) - len("--12345678")
	if at > 0 && name[at:at+2] == "--" && isBase64(name[at+2:]) {
		return name[:at]
	}
	return name
}

func isBase64(s string) bool {
	return strings.Trim(s, "+/=0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
}
