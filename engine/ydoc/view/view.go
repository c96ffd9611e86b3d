// Package view integrates a flat document: it links its structs into the lists
// and maps that people see, as Yjs does, and reads them. The flat document
// needs none of that to serve editors; a view is made on demand, for reading
// and for compaction, and thrown away, but for its memory (Reuse).
//
// The algorithm is YATA with Yjs' refinements (Item.integrate in Yjs 13.6). The
// one difference is that structs are cut beforehand, at every place that an
// origin or a deletion will ask for, so that nothing is split while linking.
package view

import (
	"cmp"
	"errors"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// ErrIncomplete is returned for an update that refers to what it does not hold.
var ErrIncomplete = errors.New("update refers to what it does not hold")

// ErrBudget is returned for an update whose structs take more steps to place
// than the limit. Its document is whole: only reading it costs too much.
var ErrBudget = errors.New("document takes too many steps to integrate")

// DefaultMaxSteps is how many steps New takes to place structs where no limit is
// given: some tenths of a second. Yjs compares a struct with each that stands
// between its origins, which for some documents is the square of their length.
const DefaultMaxSteps = 32 << 20

// Option changes how New works.
type Option func(*View)

// MaxSteps is how many steps placing structs may take before New gives up with
// ErrBudget. A step looks at one item. 0 is DefaultMaxSteps.
func MaxSteps(n uint64) Option { return func(v *View) { v.maxSteps = cmp.Or(n, DefaultMaxSteps) } }

// PlacingSteps is how many steps it took to place structs, which MaxSteps limits.
func (v *View) PlacingSteps() uint64 { return v.steps }

// none stands for no item, no type, no key.
const none = -1

// View is an integrated document. It borrows the update it was made from.
type View struct {
	raw     []byte
	clients []client // by descending id, as in the update
	items   []item   // by client, then by clock
	types   []typ
	roots   map[string]int32 // name → type
	keys    []string         // map keys that occur
	keyOf   map[string]int32
	entries []entry           // by type, each a list
	indexed map[entryID]int32 // those of types that have many
	strays  []int32           // items whose right origin is in another type; clients write none
	runs    []int32           // for AppendCompacted: the first of the items that an item is joined with
	stamp   uint32
	marked  []marks // of each item, nil until items conflict

	// Scratch space of New.
	found int32 // the item that find found last
	// How many types and entries there will be, of those that items make.
	typesAhead, entriesAhead int
	refs                     []reference // of each struct
	points                   []cutPoint
	firsts                   []int32 // the first piece of each struct, and where the last one's end
	spare                    []item
	gone                     []yjs.DeleteRange // what the update deletes

	steps    uint64 // taken so far to place items
	spent    uint64 // by who reads it
	maxSteps uint64 // of each
}

// client is the items of one client id: items[first:end].
type client struct {
	id         uint64
	first, end int32
	next       int32 // the next item to integrate
}

// item is a struct, or a piece of one.
type item struct {
	clock, len          uint64
	client              int32
	left, right         int32 // neighbours in the list or the history of a map key
	origin, rightOrigin int32
	parent              int32 // the type that holds it
	key                 int32
	typ                 int32 // the type it is
	start, body         int32 // of the struct in raw: its head
	from, to            int32 // of this piece's content in raw: elements, or all there is
	info                byte
	piece               bool // not the struct's first
	halfFirst, halfLast bool // starts or ends with half a surrogate pair
	gone                bool // a GC struct, or one that has become so
	deleted             bool
	done                bool // integrated
	kept                bool // deleted, but a stray needs it
}

// marks are the stamps of items that place has passed.
type marks struct{ before, conflict uint32 }

func (it *item) ref() byte { return it.info & yjs.InfoRef }

// typ is a shared type: a root, or the content of an item.
type typ struct {
	item  int32 // that holds it, or none for a root
	start int32 // first item of its list
	ref   byte  // yjs.TypeArray and so on; yjs.TypeArray for a root, which does not say
	root  bool
	name  string // of a root, an element or a hook

	firstEntry, lastEntry int32 // of its map keys
	entries               int32 // how many there are
}

type entryID struct{ typ, key int32 }

// New integrates an update that holds a whole document. Its error is
// ErrIncomplete or ErrBudget.
func New(u yjs.CheckedUpdate, options ...Option) (*View, error) {
	v := &View{raw: u.Bytes(), maxSteps: DefaultMaxSteps}
	for _, option := range options {
		option(v)
	}
	if v.roots == nil {
		v.roots, v.keyOf, v.indexed = make(map[string]int32), make(map[string]int32), make(map[entryID]int32)
	}
	if len(v.raw) == 0 {
		return v, nil
	}
	if err := v.read(u); err != nil {
		return nil, err
	}
	if err := v.integrateAll(); err != nil {
		return nil, err
	}
	v.applyDeletes()
	return v, nil
}
