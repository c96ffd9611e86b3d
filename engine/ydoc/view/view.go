package view

import (
	"cmp"
	"errors"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// ErrIncomplete is the error of an update that refers to structs that it does not have.
var ErrIncomplete = errors.New("update refers to structs that it does not have")

// ErrBudget is the error of an update whose integration takes more steps than the limit. The
// document is valid; it is only too expensive to read.
var ErrBudget = errors.New("document takes too many steps to integrate")

// DefaultMaxSteps is the limit of steps by default: some tenths of a second. Yjs compares an item
// with all between its origins, which for some documents is quadratic in their length.
const DefaultMaxSteps = 32 << 20

// Option changes how New works.
type Option func(*View)

// MaxSteps limits the steps of integration: beyond the limit New returns ErrBudget. In each step it
// looks at one item. 0 is DefaultMaxSteps.
func MaxSteps(n uint64) Option { return func(v *View) { v.maxSteps = cmp.Or(n, DefaultMaxSteps) } }

// SplitAt splits items at the ends of ranges, too, but no surrogate pair.
func SplitAt(ranges []yjs.DeleteRange) Option { return func(v *View) { v.splitAt = ranges } }

// IntegrationSteps returns the number of steps that integration took, which MaxSteps limits.
func (v *View) IntegrationSteps() uint64 { return v.steps }

// none is the number of an item, a type or a key that does not exist.
const none = -1

// View is an integrated document. It borrows the update it was made from.
type View struct {
	raw     []byte
	clients []client // by descending id, as in the update
	items   []item   // by client, then by clock
	types   []typ
	roots   map[string]int32 // name → type
	keys    []string         // the map keys of the document
	keyOf   map[string]int32
	entries []entry           // linked in a list for each type
	indexed map[entryID]int32 // the entries of types with many
	// items whose right origin is in another type; no client writes any
	foreignRights []int32
	// for AppendCompacted: the first of the items with which each is merged
	mergedInto    []int32
	stamp         uint32
	conflictMarks []conflictMark // of each item; empty until items conflict

	// Scratch space of New.
	found int32 // the last result of find
	// Numbers of the types and entries that items will make.
	typeCount, entryCount int
	refs                  []reference // of structs
	splitPoints           []splitPoint
	spareSplits           []splitPoint
	firstPieces           []int32 // the first item of each struct, then the number of items
	spare                 []item
	deletes               []yjs.DeleteRange // the delete set
	splitAt               []yjs.DeleteRange

	steps    uint64 // of integration so far
	spent    uint64 // the steps of Spend
	maxSteps uint64 // limit of steps, and of spent
}

// client is the items of one client id: items[first:end].
type client struct {
	id         uint64
	first, end int32
	next       int32 // the next item to integrate
}

// item is a struct, or a part of one that was split.
type item struct {
	clock, len          uint64
	client              int32
	left, right         int32 // neighbours in the list, or among the values of a map key
	origin, rightOrigin int32
	parent              int32 // the type that contains it
	key                 int32
	typ                 int32 // the type that is its content
	start, body         int32 // offsets in raw of the struct and its content
	from, to            int32 // offsets in raw of the item's elements, or content
	info                byte
	continues           bool // it is not the first item of its struct
	halfFirst, halfLast bool // starts or ends with half a surrogate pair
	gc                  bool // it was a GC, or has become one
	deleted             bool
	done                bool // integrated
	keep                bool // deleted, but an item of foreignRights needs it
}

// conflictMark has the stamps with which resolveConflicts marked an item, for Yjs' sets
// itemsBeforeOrigin and conflictingItems: an item is in a set if it has the current stamp.
type conflictMark struct{ before, conflict uint32 }

func (it *item) ref() byte { return it.info & yjs.InfoRef }

// hasClock reports whether the item has the unit of its client with a clock.
func (it *item) hasClock(clock uint64) bool {
	return it.clock <= clock && clock < it.clock+it.len
}

// typ is a shared type: a root, or the content of an item.
type typ struct {
	item  int32 // the item with this content, none for a root
	start int32 // first item of its list
	ref   byte  // yjs.TypeArray and so on; yjs.TypeArray for a root, whose type is unknown
	root  bool
	name  string // of a root, an element or a hook

	firstEntry, lastEntry int32 // of its map keys
	entries               int32 // number of entries
}

type entryID struct{ typ, key int32 }

// splitPoint is a clock inside of an item, before which it is split.
type splitPoint struct {
	clock  uint64
	item   int32
	option bool // it is only SplitAt's, and does not split a surrogate pair
}

// reference has the ids that a struct refers to: its right origin, and its origin or its parent, as
// no struct has both.
type reference struct {
	item                      int32
	hasLeftOrParent           bool // it has a parent, or an origin that is not the unit before it
	leftOrParent, rightOrigin yjs.ID
}

// entry is a map key of a type: its first item, and the last, which is its value.
type entry struct {
	key         int32
	first, last int32
	next        int32 // the next entry of the type
}

// parentItem returns the item whose type contains it, before resolveParent.
func parentItem(it *item) int32 {
	if it.parent <= -2 {
		return -2 - it.parent
	}
	return none
}
