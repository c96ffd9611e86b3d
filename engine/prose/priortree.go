package prose

import (
	"cmp"
	"slices"
	"unicode/utf16"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// seedRebase has the document of a room, and that of a client that returns to it.
type seedRebase struct {
	treeReader
	known     map[uint64]uint64 // the room's state vector
	live      map[yjs.ID]bool   // units of the room's fragment that are not deleted
	room      *view.View        // the room's document
	union     *view.View        // both documents merged
	state     []byte            // the state of union
	returning *view.View        // the client's document, or union if partial
	partial   bool              // the returning update is not all of its document
	seeds     map[uint64]uint64 // clients of seeds that the room lacks or has retired: their end
	own       map[uint64]uint64 // those of seeds that the room has

	deleted []yjs.DeleteRange // by the returning update, joined
	hidden  []yjs.DeleteRange // see isHidden
	withNew bool              // what is not deleted, or hidden, is not new

	unsigned []*markdown.Writer // Provenance for those seeds that have none
}

// end returns the clock after the last unit of a client in the returning document. For a seed it is
// the clock after its text.
func (r *seedRebase) end(client uint64) uint64 {
	if end, ok := r.seeds[client]; ok {
		return end
	}
	for id, clock := range r.returning.Clients() {
		if id == client {
			return clock
		}
	}
	return 0
}

func (r *seedRebase) isSeed(id yjs.ID) bool {
	_, ok := r.seeds[id.Client]
	return ok
}

// isHidden reports whether an item is new, and deleted only because it was written in a deleted
// one: its author did not know of that.
func (r *seedRebase) isHidden(it view.Item) bool {
	id := it.Last()
	if !it.Deleted() || it.Ref() == yjs.RefDeleted || id.Clock < r.known[id.Client] {
		return false
	}
	i, _ := slices.BinarySearchFunc(r.deleted, id, func(d yjs.DeleteRange, id yjs.ID) int {
		return cmp.Or(cmp.Compare(id.Client, d.Client), cmp.Compare(d.End, id.Clock+1))
	})
	return i == len(r.deleted) || r.deleted[i].Client != id.Client || id.Clock < r.deleted[i].Clock
}

// deletesOf returns the ranges that an update deletes, joined.
func deletesOf(u yjs.CheckedUpdate) (ranges []yjs.DeleteRange) {
	r := u.Read()
	for r.NextSection() {
		r.Structs.Skip()
	}
	deletes := r.Deletes()
	for d := (yjs.DeleteRange{}); deletes.Next(&d); {
		ranges = append(ranges, d)
	}
	return yjs.JoinDeletes(ranges)
}

// priorUnits returns how many units of an item are not new in the returning document: the room
// knows them, or they are of a seed.
func (r *seedRebase) priorUnits(it view.Item) uint64 {
	id := it.First()
	switch {
	case r.isSeed(id), r.withNew && (!it.Deleted() || r.isHidden(it)):
		return it.Len()
	case r.known[id.Client] <= id.Clock:
		return 0
	}
	return min(it.Len(), r.known[id.Client]-id.Clock)
}

// priorNodes returns the content of a list without the new units, and with placeholders for deleted
// ones. end returns the clock after the last unit that a client wrote in the list.
func (r *seedRebase) priorNodes(items []view.Item, end func(client uint64) uint64) (
	nodes []markdown.Node,
) {
	var inForce formats
	for i, it := range items {
		after := func(client uint64) uint64 { return after(items[i+1:], client, end) }
		switch {
		case r.priorUnits(it) == 0:
		case it.Ref() == yjs.RefDeleted:
			nodes = append(nodes, r.placeholders(it, after)...)
		case it.Ref() == yjs.RefType && isElement(it.Type()):
			nodes = append(nodes, r.priorElement(it, after))
		case it.Ref() == yjs.RefType:
			nodes = append(nodes, r.priorText(it.Type())...)
		case it.Ref() == yjs.RefFormat:
			inForce = inForce.with(it.Format())
		case it.Ref() == yjs.RefString:
			nodes = append(nodes, r.priorString(it, inForce))
		}
	}
	return nodes
}

// after returns the clock of the first of items that a client wrote, or end(client). The units of a
// seed are in the order of its text, so those before this clock were in the item before.
func after(items []view.Item, client uint64, end func(client uint64) uint64) uint64 {
	for _, it := range items {
		if it.First().Client == client {
			return it.First().Clock
		}
	}
	return end(client)
}

// placeholders returns placeholders for the blocks that a seed had in the place of a deleted item.
// How many units others had written there is not known.
func (r *seedRebase) placeholders(
	it view.Item, after func(client uint64) uint64,
) (nodes []markdown.Node) {
	if !r.isSeed(it.First()) {
		return nil
	}
	for range it.Len() - 1 {
		nodes = append(nodes, placeholder(1))
	}
	return append(nodes, placeholder(after(it.First().Client)-it.Last().Clock))
}

func (r *seedRebase) priorElement(it view.Item, after func(client uint64) uint64) markdown.Node {
	typ := it.Type()
	n := markdown.Node{Name: r.schema.Canonical(typ.Name())}
	n.Attrs = r.attrs(n.Name, r.priorAttributes(typ))
	n.Content = r.priorNodes(listOf(typ, nil).items, after)
	if holdsLine(&n) {
		n.Content = inlinePlaceholders(n.Content)
	}
	return n
}

// priorAttributes returns the attributes of an element whose values are not new.
func (r *seedRebase) priorAttributes(typ view.Type) map[string]any {
	entries := make(map[string]any)
	for _, key := range typ.Keys() {
		if last, _ := typ.Entry(key); r.priorUnits(last) > 0 {
			for _, value := range last.Values() {
				entries[key] = value
			}
		}
	}
	return entries
}

func (r *seedRebase) priorText(text view.Type) (nodes []markdown.Node) {
	var inForce formats
	for it := range text.Items() {
		n := r.priorUnits(it)
		switch {
		case it.Ref() == yjs.RefDeleted && len(r.seeds) == 0 && (n > 0 || r.withNew):
			nodes = append(nodes, markdown.Node{Name: markdown.Text, Text: " "})
		case n == 0:
		case it.Ref() == yjs.RefFormat:
			inForce = inForce.with(it.Format())
		case it.Ref() == yjs.RefDeleted:
			nodes = append(nodes, textPlaceholder(n))
		case it.Ref() == yjs.RefString:
			nodes = append(nodes, r.priorString(it, inForce))
		case it.Ref() == yjs.RefType && isElement(it.Type()):
			nodes = append(nodes, r.priorElement(it, r.end))
		}
	}
	return nodes
}

// priorString returns the part of a string that is not new.
func (r *seedRebase) priorString(it view.Item, inForce formats) markdown.Node {
	s := string(utf16.Decode(utf16.Encode([]rune(it.Text()))[:r.priorUnits(it)]))
	return markdown.Node{Name: markdown.Text, Text: s, Marks: r.marksOfValues(inForce.values())}
}
