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
	runs    []int32           // for AppendCompacted: the first of the items that each is joined with
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
	spent    uint64 // by the reader
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

// cutPoint is a clock inside an item before which the item has to be cut.
type cutPoint struct {
	item  int32
	clock uint64
}

// reference is what a struct refers to, by id: its origin or its parent, of which none has both,
// and its right origin.
type reference struct {
	item              int32
	hasNear           bool // its origin is not the unit before it, or it has a parent
	near, rightOrigin yjs.ID
}

// entry is the history of a map key of a type: its first item and its last, the value.
type entry struct {
	key         int32
	first, last int32
	next        int32 // the next entry of the type
}

// parentItem is the item whose type holds it, while that is all that is known.
func parentItem(it *item) int32 {
	if it.parent <= -2 {
		return -2 - it.parent
	}
	return none
}
