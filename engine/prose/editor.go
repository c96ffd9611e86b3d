package prose

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// editor collects the structs and deletes of an edit.
type editor struct {
	treeReader
	w       *markdown.Writer
	others  []*markdown.Writer // structs of other clients, for the same update
	deletes []yjs.DeleteRange
}

func newEditor(s markdown.Schema, client uint64, direct bool) editor {
	e := editor{treeReader: treeReader{schema: s, direct: direct}, w: s.NewWriter(client)}
	e.w.DirectText = direct
	return e
}

// write calls plan and returns the update of the edit, nil if it does nothing. It calls plan twice,
// as the client id is a hash of the structs of the first time.
func write(v *view.View, s markdown.Schema, plan func(*editor)) []byte {
	direct := HasDirectText(v, s)
	e := newEditor(s, 0, direct)
	plan(&e)
	if structs := e.w.Structs(); len(structs) > 0 {
		e = newEditor(s, FreeClient(v, structs), direct)
		plan(&e)
	}
	if len(e.deletes) == 0 && len(e.w.Structs()) == 0 && len(e.others) == 0 {
		return nil
	}
	return yjs.AppendDeletes(e.w.AppendSections(nil, e.others...), yjs.JoinDeletes(e.deletes))
}

// FreeClient returns the client id of structs that are not in the document yet: a hash of them, or
// the next one if the document has that client.
func FreeClient(v *view.View, structs []byte) uint64 {
	id := markdown.DigestOf(structs).EditClient()
	for v.Has(id) {
		structs = lib0.AppendUvarint(slices.Clone(structs), id)
		id = markdown.DigestOf(structs).EditClient()
	}
	return id
}

// delete deletes an item and its content.
func (e *editor) delete(it view.Item) { e.deletes = it.AppendDeletion(e.deletes) }

// list has the items of a type, including the deleted ones, for writing between them.
type list struct {
	parent []byte
	items  []view.Item
	scan   *formatScan
	texts  bool // text is directly in the list, as Yjs 14 writes it, and not in an XmlText
}

// formatScan caches the formats in force at an item, as most calls of inForce ask for a later item.
type formatScan struct {
	at      int
	inForce formats
}

func listOf(t view.Type, parent []byte) list {
	items := slices.Collect(t.Items())
	return list{parent, items, new(formatScan), slices.ContainsFunc(items, isString)}
}

// inForce returns the formats in force before item i, or at the end.
func (l list) inForce(i int) formats {
	if i < l.scan.at {
		*l.scan = formatScan{}
	}
	for ; l.scan.at < i; l.scan.at++ {
		it := l.items[l.scan.at]
		if it.Spend(1); isFormat(it) {
			l.scan.inForce = l.scan.inForce.with(it.Format())
			it.Spend(markCost * l.scan.inForce.size())
		}
	}
	return l.scan.inForce
}

// listPlace is the place before a unit of an item of a list.
type listPlace struct {
	item int
	unit uint64
}

// before returns the place before item i, or at the end.
func (l list) before(i int) markdown.Place { return l.at(listPlace{item: i}) }

func (l list) at(at listPlace) (p markdown.Place) {
	p.Parent = l.parent
	if at.item > 0 {
		p.Left, p.HasLeft = l.items[at.item-1].Last(), true
	}
	if at.item < len(l.items) {
		p.Right, p.HasRight = l.items[at.item].First(), true
	}
	if at.unit > 0 {
		p.Right.Clock += at.unit
		p.Left, p.HasLeft = yjs.ID{Client: p.Right.Client, Clock: p.Right.Clock - 1}, true
	}
	return p
}
