package ydoc

import (
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Doc is one document. The zero value is empty and ready.
type Doc struct {
	clients []client     // in order of arrival; a client's position in it never changes
	order   list[uint32] // positions by descending client id, the order in which Yjs encodes
	bytes   int          // length of all clients' structs
	ranges  int          // number of ranges of deleted clocks, in all clients

	// positions of clients with structs that AppendChanges has not reported
	unreported []uint32
	newDeletes []yjs.DeleteRange // deletions that AppendChanges has not reported

	pending pending

	// Scratch space of Apply, kept for reuse.
	refused                    error
	current                    yjs.Struct
	recorder                   Recorder // only while something is merged; nil for none
	by                         uint32   // the user of what is being merged
	lastPos                    uint32   // position of the client that was used last
	changed                    bool
	knownStructs, knownDeletes bool       // of Apply's Result
	blocked                    []*section // sections of this update that lack an id
	ready                      []*section // sections whose missing id has come
	// client ids with pending deletes for structs that have come
	dueDeletes []uint64
	cutBuf     []byte
	valueBuf   []byte

	// For reversed structs (rightorigin.go).
	itemSplits *itemSplits // nil until there is a reversed struct
	extended   []extension // clients that got structs from this update
	merges     []yjs.ID    // where structs of this update were merged into others
	normalized []byte
}

// lookup returns the position of a client, and its place in order. If the document does not have
// the client, ok is false and at is the place where it belongs.
func (d *Doc) lookup(id uint64) (pos uint32, at listPos, ok bool) {
	at = d.order.search(func(p uint32) bool { return d.clients[p].id <= id })
	if d.order.has(at) {
		pos = *d.order.at(at)
		ok = d.clients[pos].id == id
	}
	return pos, at, ok
}

// find returns the position of a client. Mostly it is the client that was used last.
func (d *Doc) find(id uint64) (pos uint32, ok bool) {
	if int(d.lastPos) < len(d.clients) && d.clients[d.lastPos].id == id {
		return d.lastPos, true
	}
	pos, _, ok = d.lookup(id)
	return pos, ok
}

// position returns the position of a client, which it adds if it is new.
func (d *Doc) position(id uint64) uint32 {
	if int(d.lastPos) < len(d.clients) && d.clients[d.lastPos].id == id {
		return d.lastPos
	}
	pos, at, ok := d.lookup(id)
	if !ok {
		pos = uint32(len(d.clients))
		d.clients = append(d.clients, client{id: id})
		d.order.insert(at, pos)
	}
	d.lastPos = pos
	return pos
}

// clock returns the next clock of a client, its entry in the state vector.
func (d *Doc) clock(id uint64) uint64 {
	if pos, ok := d.find(id); ok {
		return d.clients[pos].clock
	}
	return 0
}

// has reports whether the unit with this id is in the document.
func (d *Doc) has(id yjs.ID) bool { return id.Clock < d.clock(id.Client) }

// Empty reports whether the document has no structs.
func (d *Doc) Empty() bool { return len(d.clients) == 0 }

// HasDeletes reports whether the document has deleted units, so that compacting may make it
// smaller.
func (d *Doc) HasDeletes() bool { return d.ranges > 0 }

// Size returns an upper bound, close in most cases, of the length of the encoded state in bytes.
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

// writer returns the client with an id: c, or one of the document, or nil if there is none.
func (d *Doc) writer(c *client, id uint64) *client {
	if c.id == id {
		return c
	}
	if pos, ok := d.find(id); ok {
		return &d.clients[pos]
	}
	return nil
}

// PendingSize returns the memory in bytes of pending structs and deletes.
func (d *Doc) PendingSize() int { return d.pending.bytes }
