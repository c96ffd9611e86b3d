package view

import (
	"iter"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Item is a struct of a list, or a piece of one, between which others can be written. It is valid
// as long as its View.
type Item struct {
	v *View
	i int32
}

// Items yields all items of the list in order, deleted ones too.
func (t Type) Items() iter.Seq[Item] {
	return func(yield func(Item) bool) {
		for i := t.typ().start; i != none; i = t.v.items[i].right {
			steps.Take(1)
			if !yield(Item{t.v, i}) {
				return
			}
		}
	}
}

// Entry returns the item of the last value of a map key, or of an attribute. It may be deleted.
func (t Type) Entry(key string) (Item, bool) {
	if k, ok := t.v.keyOf[key]; ok {
		if e := t.v.entryOf(t.i, k); e != none {
			return Item{t.v, t.v.entries[e].last}, true
		}
	}
	return Item{}, false
}

// Find returns the item that has a unit, if the document has it.
func (v *View) Find(id yjs.ID) (Item, bool) {
	i := v.find(id)
	return Item{v, i}, i != none
}

// Next returns the next item of the list, deleted or not.
func (it Item) Next() (Item, bool) {
	next := it.item().right
	return Item{it.v, next}, next != none
}

// Spend counts n steps of reading the document against MaxSteps. Beyond that limit it panics with
// ErrBudget, so that readers that recurse need not pass errors; see Recover.
func (v *View) Spend(n int) {
	v.spent += uint64(n)
	if v.spent > v.maxSteps {
		panic(ErrBudget)
	}
}

// Spend is View.Spend for reading the item.
func (it Item) Spend(n int) { it.v.Spend(n) }

// Recover must be deferred. It sets err to ErrBudget if Spend has panicked.
func Recover(err *error) {
	if cause := recover(); cause == ErrBudget {
		*err = ErrBudget
	} else if cause != nil {
		panic(cause)
	}
}

func (it Item) item() *item { return &it.v.items[it.i] }

// First returns the id of the first unit.
func (it Item) First() yjs.ID {
	return yjs.ID{Client: it.v.clients[it.item().client].id, Clock: it.item().clock}
}

// Last returns the id of the last unit.
func (it Item) Last() yjs.ID {
	id := it.First()
	id.Clock += it.Len() - 1
	return id
}

// Len returns the number of units.
func (it Item) Len() uint64 { return it.item().len }

// Deleted reports whether the item is deleted, and so not shown.
func (it Item) Deleted() bool { return it.item().deleted }

// Collected reports whether the item has no place, as nothing is left of the type that it is in.
func (it Item) Collected() bool { return it.item().gc }

// Ref returns the content ref, yjs.RefString and so on.
func (it Item) Ref() byte { return it.item().ref() }

// Text returns the string of an item of RefString.
func (it Item) Text() string { return it.v.text(it.item()) }

// Type returns the type of an item of RefType.
func (it Item) Type() Type { return Type{it.v, it.item().typ} }

// Format returns the key of the attribute that an item of RefFormat starts, and its JSON, which is
// "null" if the item ends it.
func (it Item) Format() (key, json string) {
	r := lib0.TrustedReader(it.v.raw[it.item().from:it.item().to])
	return string(r.String()), string(r.String())
}

// AppendDeletion appends the ranges that deleting the item deletes: the item and all its content
// that is not deleted yet.
func (it Item) AppendDeletion(dst []yjs.DeleteRange) []yjs.DeleteRange {
	if it.Deleted() {
		return dst
	}
	first := it.First()
	own := yjs.DeleteRange{Client: first.Client, Clock: first.Clock, End: first.Clock + it.Len()}
	dst = append(dst, own)
	if it.Ref() != yjs.RefType {
		return dst
	}
	for child := range it.Type().Items() {
		dst = child.AppendDeletion(dst)
	}
	for e := range it.v.entriesOf(it.item().typ) {
		dst = Item{it.v, it.v.entries[e].last}.AppendDeletion(dst)
	}
	return dst
}

// Has reports whether the document has structs of a client.
func (v *View) Has(client uint64) bool { return v.client(client) != none }

// Alive reports whether a client has units below a clock that are not deleted.
func (v *View) Alive(client, before uint64) bool {
	c := v.client(client)
	if c == none {
		return false
	}
	for i := v.clients[c].first; i < v.clients[c].end && v.items[i].clock < before; i++ {
		if !v.items[i].deleted {
			return true
		}
	}
	return false
}

// Clients yields the client ids of the document, and the clock after the last struct of each.
func (v *View) Clients() iter.Seq2[uint64, uint64] {
	return func(yield func(uint64, uint64) bool) {
		for _, c := range v.clients {
			if last := &v.items[c.end-1]; !yield(c.id, last.clock+last.len) {
				return
			}
		}
	}
}

// Keys returns the map keys, or the names of attributes, that the type has or had.
func (t Type) Keys() []string {
	keys := make([]string, 0, t.typ().entries)
	for e := range t.v.entriesOf(t.i) {
		keys = append(keys, t.v.keys[t.v.entries[e].key])
	}
	return keys
}

// Values returns the content of an item as values, one for each unit; none if it is deleted or a
// format.
func (it Item) Values() []any { return it.v.values(it.item()) }

// ContentLen returns the number of bytes that AppendContent appends.
func (it Item) ContentLen() int { return int(textBytes(it.v.items[it.i : it.i+1])) }

// AppendContent appends the content of an item as updates encode it, without the number of its
// elements, and with U+FFFD for half of a surrogate pair.
func (it Item) AppendContent(dst []byte) []byte { return it.v.appendContent(dst, it.item()) }

// HasItems reports whether the list has an item that is not deleted, formats included.
func (t Type) HasItems() bool {
	for it := range t.Items() {
		if !it.Deleted() {
			return true
		}
	}
	return false
}

// HasEntries reports whether a map has a key, or an element an attribute, that is not deleted.
func (t Type) HasEntries() bool {
	for _, it := range t.EachEntryItem() {
		if !it.Deleted() {
			return true
		}
	}
	return false
}
