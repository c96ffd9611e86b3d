package contents

import (
	"encoding/json"
	"iter"
	"maps"
	"strings"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Tree is a document as a tree of its shared types, for people that look at its structure.
type Tree struct {
	Roots     []TreeNode `json:"roots"`
	Nodes     int        `json:"nodes"`     // that are in it
	Truncated bool       `json:"truncated"` // something is left out: roots, or TreeNode.More
}

// TreeNode is a node of a Tree.
type TreeNode struct {
	// Kind is that of a shared type: fragment, element, hook, xml-text, text, array, map; or
	// characters, a run of a text with the same marks; value, of JSON; document, a subdocument.
	Kind string `json:"kind"`
	Name string `json:"name,omitempty"` // of a root, an element or a hook
	Key  string `json:"key,omitempty"`  // that a map has it under
	// Attributes are those of an element, or the marks of characters, or the entries that another
	// type has beside its list.
	Attributes map[string]json.RawMessage `json:"attributes,omitempty"`
	Text       string                     `json:"text,omitempty"`  // characters
	Value      json.RawMessage            `json:"value,omitempty"` // absent from a value: left out
	Children   []TreeNode                 `json:"children,omitempty"`
	// More says that the node has more children, characters, attributes or a value, which are left
	// out.
	More bool `json:"more,omitempty"`
}

// TreeLimits bound a Tree.
type TreeLimits struct {
	Nodes int // in all, without roots
	Bytes int // of texts, values and names together
	Depth int // of nested types
}

const (
	treeRoots = 1000     // of a tree; further ones are left out
	rootNames = 64 << 10 // length of their names together, in bytes
)

// TreeOf returns a document as a tree, of one root if it is named. editors is the root that editors
// use, which is never left out. What is beyond the limits is left out, later parts first. The error
// is that of view.New, to which the options are passed, or a ShapeError.
func TreeOf(
	state yjs.CheckedUpdate, editors, name string, limits TreeLimits, options ...view.Option,
) (t Tree, err error) {
	defer view.Recover(&err)
	v, err := view.New(state, options...)
	if err != nil {
		return t, err
	}
	w := treeWriter{left: limits}
	roots := w.roots(Roots(v, editors), editors, name)
	if name != "" && len(roots) == 0 {
		return t, wrongShape(v, "such root", name)
	}
	t.Roots = []TreeNode{}
	for _, r := range roots {
		t.Roots = append(t.Roots, TreeNode{Kind: kindNames[r.Kind], Name: r.Name})
	}
	for i, r := range roots {
		w.fill(&t.Roots[i], r.Type, r.Kind, limits.Depth)
	}
	t.Nodes, t.Truncated = len(roots)+limits.Nodes-w.left.Nodes, w.truncated
	return t, nil
}

var kindNames = map[byte]string{
	yjs.TypeArray: "array", yjs.TypeMap: "map", yjs.TypeText: "text",
	yjs.TypeXMLElement: "element", yjs.TypeXMLFragment: "fragment", yjs.TypeXMLHook: "hook",
	yjs.TypeXMLText: "xml-text",
}

// treeWriter makes a tree within what is left of its limits.
type treeWriter struct {
	left      TreeLimits
	truncated bool
}

// roots returns the one of that name, or without a name those for which there is room.
func (w *treeWriter) roots(all []Root, editors, name string) (kept []Root) {
	bytes := 0
	for _, r := range all {
		switch {
		case name != "" && name != r.Name:
			continue
		case name != "" || r.Name == editors:
		case len(kept) >= treeRoots || bytes+len(r.Name) > rootNames:
			w.truncated = true
			continue
		}
		bytes += len(r.Name)
		kept = append(kept, r)
	}
	return kept
}

// cut notes that something of a node is left out.
func (w *treeWriter) cut(n *TreeNode) { n.More, w.truncated = true, true }

// fill adds the content of a type to its node.
func (w *treeWriter) fill(n *TreeNode, t view.Type, kind byte, depth int) {
	if depth == 0 {
		w.cut(n)
		return
	}
	switch kind {
	case yjs.TypeMap:
		for key, value := range t.EachEntry() {
			if !w.child(n, TreeNode{Key: key}, value, depth) {
				return
			}
		}
		return
	case yjs.TypeText, yjs.TypeXMLText:
		w.attributes(n, t.EachEntry())
		for _, run := range t.Delta() {
			if !w.run(n, run, depth) {
				return
			}
		}
		return
	}
	w.attributes(n, t.EachEntry())
	for it := range t.Items() {
		if it.Deleted() {
			continue
		}
		for _, value := range it.Values() {
			if !w.child(n, TreeNode{}, value, depth) {
				return
			}
		}
	}
}

// run adds a run of a text to its node, and reports whether there is room for more.
func (w *treeWriter) run(n *TreeNode, run view.Op, depth int) bool {
	var marks TreeNode
	w.attributes(&marks, maps.All(run.Attributes))
	text, characters := run.Insert.(string)
	if !characters {
		return w.child(n, marks, run.Insert, depth)
	}
	marks.Kind = "characters"
	marks.Text = w.text(text)
	if marks.Text != text {
		w.cut(&marks)
	}
	return w.add(n, marks)
}

// child adds a value to a node, and reports whether there is room for more; c has what is known of
// it already.
func (w *treeWriter) child(n *TreeNode, c TreeNode, value any, depth int) bool {
	if c.Key != "" && w.text(c.Key) != c.Key {
		w.cut(n)
		return false
	}
	switch v := value.(type) {
	case view.Type:
		c.Kind, c.Name = kindNames[v.Kind()], w.text(v.Name())
		if c.Name != v.Name() {
			w.cut(&c)
		}
		if !w.add(n, c) {
			return false
		}
		w.fill(&n.Children[len(n.Children)-1], v, v.Kind(), depth-1)
		return true
	case view.Doc:
		c.Kind = "document"
	default:
		c.Kind = "value"
	}
	if c.Value = w.value(value); c.Value == nil {
		w.cut(&c)
	}
	return w.add(n, c)
}

// add adds a child to a node, and reports whether there was room for it.
func (w *treeWriter) add(n *TreeNode, c TreeNode) bool {
	if w.left.Nodes == 0 {
		w.cut(n)
		return false
	}
	w.left.Nodes--
	n.Children = append(n.Children, c)
	return true
}

// attributes adds attributes to a node.
func (w *treeWriter) attributes(n *TreeNode, all iter.Seq2[string, any]) {
	for key, value := range all {
		text := w.value(value)
		if text == nil || w.text(key) != key {
			w.cut(n)
			return
		}
		if n.Attributes == nil {
			n.Attributes = map[string]json.RawMessage{}
		}
		n.Attributes[key] = text
	}
}

// text returns the beginning of a text for which there is room.
func (w *treeWriter) text(text string) string {
	if len(text) > w.left.Bytes {
		n := w.left.Bytes
		for n > 0 && !utf8.RuneStart(text[n]) {
			n--
		}
		text = text[:n]
	}
	w.left.Bytes -= len(text)
	return strings.Clone(text)
}

// value returns a value as JSON, nil if there is no room for it.
func (w *treeWriter) value(value any) json.RawMessage {
	text, err := marshal(Jsonable(value))
	if err != nil || len(text) > w.left.Bytes {
		return nil
	}
	w.left.Bytes -= len(text)
	return text
}
