package prose

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Read reads the rich text of a document as a tree. It reads text in an XmlText, as Yjs 13 writes
// it, and directly in elements, as Yjs 14 does. A type without a name is read as its content. Other
// content is left out.
func Read(v *view.View, s markdown.Schema) markdown.Node {
	t := treeReader{s, HasDirectText(v, s), new(readMemory)}
	return markdown.Node{Name: markdown.Doc, Content: t.children(v.Root(s.Root()))}
}

type treeReader struct {
	schema markdown.Schema
	direct bool // text is directly in elements, so images and references may have marks too
	memory *readMemory
}

// children reads the items of a type.
func (t treeReader) children(parent view.Type) []markdown.Node {
	r := t.nodes()
	return r.all(parent)
}

// nodeReader reads the items of a list in order.
type nodeReader struct {
	treeReader
	inForce []attribute
	marked  []markdown.Mark // the marks of inForce
	stale   bool            // marked is not up to date
	size    int             // of the JSON of inForce, in bytes
	text    string          // read, and not yet a node; only the first item's if more is set
	more    []byte          // the whole text, if it is of more than one item
	base    int             // where this reader's nodes begin in memory.stack
}

func (t treeReader) nodes() nodeReader {
	if t.memory == nil {
		t.memory = new(readMemory)
	}
	return nodeReader{treeReader: t, base: len(t.memory.stack)}
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
	case yjs.RefString:
		it.Spend(markCost * r.size)
		r.addText(it.Text())
	case yjs.RefAny, yjs.RefJSON:
		r.addText(stringsOf(it))
	case yjs.RefFormat:
		r.flush()
		r.format(it.Format())
	case yjs.RefType:
		it.Spend(markCost * r.size)
		r.flush()
		r.addType(it.Type())
	}
}

func (r *nodeReader) addText(s string) {
	switch {
	case r.text == "":
		r.text = s
		return
	case len(r.more) == 0:
		r.more = append(r.more, r.text...)
	}
	r.more = append(r.more, s...)
}

// addType adds an element as a node, and a type without a name as its content.
func (r *nodeReader) addType(t view.Type) {
	if !isElement(t) {
		held := r.treeReader.nodes()
		held.inForce, held.size, held.stale = slices.Clone(r.inForce), r.size, true
		r.push(held.all(t)...)
		return
	}
	n := r.element(t)
	n.Marks = r.inlineMarks(n.Name)
	r.push(n)
}

func (r *nodeReader) push(nodes ...markdown.Node) {
	r.memory.stack = append(r.memory.stack, nodes...)
}

func (r *nodeReader) flush() {
	if len(r.more) > 0 {
		r.text = string(r.more)
		r.more = r.more[:0]
	}
	if r.text != "" {
		r.push(markdown.Node{Name: markdown.Text, Text: r.text, Marks: r.marks()})
		r.text = ""
	}
}

// take returns the nodes that were read since the last call.
func (r *nodeReader) take() []markdown.Node {
	r.flush()
	list := r.memory.keep(r.memory.stack[r.base:])
	r.memory.stack = r.memory.stack[:r.base]
	return list
}

// inlineMarks returns the marks of an inline node other than text.
func (r *nodeReader) inlineMarks(name string) []markdown.Mark {
	if !r.direct || !mayHaveMarks(name) {
		return nil
	}
	return r.marks()
}
