package prose

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Edit returns the update that makes a document equal to a tree, as far as Markdown can express it;
// nil if it is equal already. Equal content is left alone. The update may be merged into any later
// state of the document. The error is that of view.New, to which the options are passed.
func Edit(state yjs.CheckedUpdate, s markdown.Schema, to markdown.Node, options ...view.Option) (
	update []byte, err error,
) {
	defer view.Recover(&err)
	v, err := view.New(state, options...)
	if err != nil {
		return nil, err
	}
	to = storable(to, HasDirectText(v, s))
	if equal(markdown.Normalize(Read(v, s)), to) {
		return nil, nil
	}
	update = smallestEdit(v, s, to)
	if makesEqual(state, update, s, to, options) {
		return update, nil
	}
	return replace(v, s, to), nil
}

// smallestEdit returns the smallest update that it finds. It handles the normal form of nodes that
// editors make; for a document with other nodes, or a very deep one, the update may be wrong.
func smallestEdit(v *view.View, s markdown.Schema, to markdown.Node) []byte {
	return write(v, s, func(e *editor) { e.children(rootOf(v, s), &unit{node: Read(v, s)}, to) })
}

// replace returns the update that replaces the whole content by a tree. The update also has the
// structs of others, which are not in the document yet.
func replace(v *view.View, s markdown.Schema, to markdown.Node, others ...*markdown.Writer) []byte {
	return write(v, s, func(e *editor) {
		e.others = others
		l := rootOf(v, s)
		place := l.before(len(l.items))
		e.w.Nodes(&place, to.Content)
		for _, it := range l.items {
			e.delete(it)
		}
	})
}

func rootOf(v *view.View, s markdown.Schema) list { return listOf(v.Root(s.Root()), s.InRoot()) }

// Storable returns the part of a tree that Markdown can express and a document of y-prosemirror can
// store: inline nodes other than text have no marks there.
func Storable(tree markdown.Node) markdown.Node { return storable(tree, false) }

// StorableDirect is Storable for a document that HasDirectText: only breaks have no marks.
func StorableDirect(tree markdown.Node) markdown.Node { return storable(tree, true) }

func storable(tree markdown.Node, direct bool) markdown.Node {
	return markdown.Normalize(unmarked(tree, direct))
}

func unmarked(n markdown.Node, direct bool) markdown.Node {
	if n.Name != markdown.Text && !(direct && mayHaveMarks(n.Name)) {
		n.Marks = nil
	}
	n.Content = slices.Clone(n.Content)
	for i := range n.Content {
		n.Content[i] = unmarked(n.Content[i], direct)
	}
	return n
}

// makesEqual reports whether a document equals a tree after an update is merged into it.
func makesEqual(
	state yjs.CheckedUpdate, update []byte, s markdown.Schema, tree markdown.Node,
	options []view.Option,
) bool {
	var d ydoc.Doc
	d.Apply(state)
	d.Apply(yjs.Trust(update))
	v, err := view.New(yjs.Trust(d.AppendState(nil)), options...)
	return err == nil && equal(markdown.Normalize(Read(v, s)), tree)
}
