package ydoc

import (
	"iter"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Clients yields the client ids of the document in descending order.
func (d *Doc) Clients() iter.Seq[uint64] {
	return func(yield func(uint64) bool) {
		for pos := range d.order.all() {
			if !yield(d.clients[pos].id) {
				return
			}
		}
	}
}

// Clock returns the next clock of a client, its entry in the state vector, 0 for an unknown client.
func (d *Doc) Clock(client uint64) uint64 { return d.clock(client) }

// Structs returns a reader of all structs of a client. It borrows the document and is valid until
// that changes.
func (d *Doc) Structs(client uint64) yjs.Structs {
	pos, ok := d.find(client)
	if !ok {
		return yjs.Structs{}
	}
	c := &d.clients[pos]
	return yjs.TrustedStructs(c.buf, 0, yjs.ID{Client: c.id}, uint64(c.structs))
}

// LastStruct reads the last struct of a client into s and returns the buffer it was read from. ok
// is false if the client has none, or one of more than limit bytes.
func (d *Doc) LastStruct(client uint64, limit int, s *yjs.Struct) (raw []byte, ok bool) {
	pos, ok := d.find(client)
	if !ok {
		return nil, false
	}
	c := &d.clients[pos]
	if c.structs == 0 || len(c.buf)-int(c.last) > limit {
		return nil, false
	}
	run := yjs.TrustedStructs(c.buf, int(c.last), yjs.ID{Client: c.id}, 1)
	run.Read(s)
	s.Clock = c.clock - s.Len
	return c.buf, true
}

// DeletedBelow returns the clock below which all units of a client are deleted.
func (d *Doc) DeletedBelow(client uint64) (clock uint64) {
	pos, ok := d.find(client)
	if !ok || d.clients[pos].index == nil {
		return 0
	}
	return d.clients[pos].index.deletes.firstMissing()
}
