package ydoc

import (
	"iter"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Clients yields the client ids that have written in the document, in descending order.
func (d *Doc) Clients() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for pos := range d.order.all() {
			if !yield(d.clients[pos].id) {
				return
			}
		}
	}
}

// Clock is the state vector's entry of a client: the clock after its last struct, 0 if it has
// written none.
func (d *Doc) Clock(client uint64) uint64 { return d.clock(client) }

// Structs is the run of all structs of a client. It borrows the document, and is
// valid until that changes.
func (d *Doc) Structs(client uint64) yjs.Structs {
	pos, ok := d.find(client)
	if !ok {
		return yjs.Structs{}
	}
	c := &d.clients[pos]
	return yjs.TrustedStructs(c.buf, 0, yjs.ID{Client: c.id}, uint64(c.structs))
}

// LastStruct reads the last struct of a client into s, and returns the bytes that
// hold it. It returns false where there is none, or it has more than limit bytes.
func (d *Doc) LastStruct(client uint64, limit int, s *yjs.Struct) (raw []byte, ok bool) {
	pos, ok := d.find(client)
	if !ok {
		return nil, false
	}
	c := &d.clients[pos]
	if c.structs == 0 || len(c.buf)-int(c.tail) > limit {
		return nil, false
	}
	run := yjs.TrustedStructs(c.buf, int(c.tail), yjs.ID{Client: c.id}, 1)
	run.Read(s)
	s.Clock = c.clock - s.Len
	return c.buf, true
}

// DeletedBelow says whether all that a client wrote before a clock is deleted.
func (d *Doc) DeletedBelow(client, clock uint64) bool {
	pos, ok := d.find(client)
	if !ok || d.clients[pos].more == nil {
		return clock == 0
	}
	return clock == 0 || d.clients[pos].more.deletes.holds(0, clock)
}
