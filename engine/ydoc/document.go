package ydoc

import (
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Doc is one document. The zero value is empty and ready.
type Doc struct {
	clients []client     // in order of arrival; a position in it never changes
	order   list[uint32] // positions by descending client id, the order Yjs writes
	bytes   int          // of all clients' structs
	ranges  int          // of deleted clocks, in all clients

	touched    []uint32          // positions with structs that AppendChanges has not reported
	newDeletes []yjs.DeleteRange // deletions that it has not reported

	pending pending

	// Scratch space of Apply, kept for reuse.
	changed                    bool
	refused                    error
	knownStructs, knownDeletes bool // of Apply's Outcome
	current                    yjs.Struct
	at                         uint32     // position of the client that was last added to
	blocked                    []*section // of this update
	woken                      []*section // what they waited for has come
	due                        []uint64   // client ids with deletions whose structs have come
	cut                        []byte
	value                      []byte

	// For structs whose right origin is not right of their origin.
	splits   *splits  // nil until there is one
	grown    []growth // clients that got structs from this update
	folds    []yjs.ID // where it continued a struct
	straight []byte
}

// lookup returns the position of a client id, or where in order it belongs.
func (d *Doc) lookup(id uint64) (pos uint32, at spot, ok bool) {
	at = d.order.search(func(p uint32) bool { return d.clients[p].id <= id })
	if d.order.has(at) {
		pos = *d.order.at(at)
		ok = d.clients[pos].id == id
	}
	return pos, at, ok
}

// find is lookup without the place in order. Mostly it is the client that was last added to.
func (d *Doc) find(id uint64) (pos uint32, ok bool) {
	if int(d.at) < len(d.clients) && d.clients[d.at].id == id {
		return d.at, true
	}
	pos, _, ok = d.lookup(id)
	return pos, ok
}

// position is lookup for a client that is about to get a struct.
func (d *Doc) position(id uint64) uint32 {
	if int(d.at) < len(d.clients) && d.clients[d.at].id == id {
		return d.at
	}
	pos, at, ok := d.lookup(id)
	if !ok {
		pos = uint32(len(d.clients))
		d.clients = append(d.clients, client{id: id})
		d.order.insert(at, pos)
	}
	d.at = pos
	return pos
}

// clock is the state vector's entry: the clock after the client's last struct.
func (d *Doc) clock(id uint64) uint64 {
	if pos, ok := d.find(id); ok {
		return d.clients[pos].clock
	}
	return 0
}

// knows says whether the unit with this id is in the document.
func (d *Doc) knows(id yjs.ID) bool { return id.Clock < d.clock(id.Client) }

// Empty says whether the document has no struct.
func (d *Doc) Empty() bool { return len(d.clients) == 0 }

// HasDeletes says whether something of the document is deleted, so that compacting it may make it
// smaller.
func (d *Doc) HasDeletes() bool { return d.ranges > 0 }

// Size is about the length of what AppendState writes, in bytes, and never less.
func (d *Doc) Size() int {
	const section, rangeMax = 3 * 8, 2 * 8
	return d.bytes + len(d.clients)*2*section + min(d.ranges*rangeMax, 1<<30) + 2
}

// AppendStateVector appends the encoded state vector.
func (d *Doc) AppendStateVector(dst []byte) []byte {
	dst = lib0.AppendUvarint(dst, uint64(d.order.len))
	for pos := range d.order.all() {
		c := &d.clients[pos]
		dst = yjs.AppendID(dst, yjs.ID{Client: c.id, Clock: c.clock})
	}
	return dst
}
