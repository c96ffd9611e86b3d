package prose

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Edit is the update that brings a document to say what a tree does, as far as
// Markdown can say it: nil if it does so already. Blocks that are the same, and
// what is the same in the others, it leaves alone. The update may be merged into
// whatever the document has become meanwhile. Its error is view.New's, which is
// given the options.
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
	if says(state, update, s, to, options) {
		return update, nil
	}
	return replace(v, s, to), nil
}

// adapt is the least change that is found. It knows what normal means in its
// place for what editors make; a document of other nodes, or a very deep one, it
// may not bring to what the tree says.
func smallestEdit(v *view.View, s markdown.Schema, to markdown.Node) []byte {
	return write(v, s, func(e *editor) { e.children(rootOf(v, s), &unit{node: Read(v, s)}, to) })
}

// replace writes a tree in the place of all that there is, beside what others wrote.
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

// Storable is what of a tree Markdown can say and a document of y-prosemirror can
// hold: what stands in a line beside text has no marks there.
func Storable(tree markdown.Node) markdown.Node { return storable(tree, false) }

// StorableDirect is the same for a document that HasDirectText: only breaks have no marks.
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

// says reports whether a document says what a tree does, with an update merged into it.
func says(
	state yjs.CheckedUpdate, update []byte, s markdown.Schema, tree markdown.Node,
	options []view.Option,
) bool {
	var d ydoc.Doc
	d.Apply(state)
	d.Apply(yjs.Trust(update))
	v, err := view.New(yjs.Trust(d.AppendState(nil)), options...)
	return err == nil && equal(markdown.Normalize(Read(v, s)), tree)
}
