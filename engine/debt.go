package engine

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// debt is what a peer is owed: answers it asked for, and replacements for what
// its queue could not hold. It is paid when the room is clean, or at the next
// cut, sent when that is durable, so that nobody sees what may be lost. At most
// one payment is in a queue at a time. Guarded by room.mu.
type debt struct {
	waiting  bool // in room.waiting
	room     bool // it is told of the room, with the whole document
	reply    bool // it sent a SyncRequest
	have     yjs.StateVector
	presence bool              // it is told of everyone, and who went
	clients  []uint64          // awareness client ids of which it is yet to be told, of everyone
	updates  bool              // batches were dropped
	echoes   [][]byte          // its own updates, with something that was known before; at most maxEchoes bytes
	from     map[uint64]uint64 // the lowest clock dropped, by client id
}

// owe is p's debt, to be added to.
func (p *Peer) owe() *debt {
	if p.debt == nil {
		p.debt = new(debt)
	}
	return p.debt
}

// take adds another debt to d.
func (d *debt) take(o *debt) {
	if o.reply && !d.reply {
		d.reply, d.have = true, o.have
	}
	d.room, d.presence, d.updates = d.room || o.room, d.presence || o.presence, d.updates || o.updates
	d.clients = append(d.clients, o.clients...)
	for _, update := range o.echoes {
		d.echo(update)
	}
	for client, clock := range o.from {
		d.since(yjs.ID{Client: client, Clock: clock})
	}
}

// covers says that a parcel need not be sent because a payment will hold it.
func (d *debt) covers(p *parcel) bool {
	switch {
	case d == nil:
	case d.room && p.droppable():
		return true
	case p.class == batch && d.updates:
		d.lose(p)
		return true
	case p.class == fleeting && d.presence:
		return true
	}
	return false
}

// lose notes that p was dropped.
func (d *debt) lose(p *parcel) {
	if p.class == fleeting {
		d.presence = true
		return
	}
	u, err := yjs.CheckUpdate(p.update)
	if err != nil {
		panic(err) // we wrote it
	}
	d.loseUpdate(u)
}

// loseUpdate notes that an update was dropped.
func (d *debt) loseUpdate(u yjs.CheckedUpdate) {
	d.updates = true
	for s := range u.Sections() {
		d.since(yjs.ID{Client: s.Client, Clock: s.Clock})
	}
}

// since notes that what a client wrote from a clock on was dropped.
func (d *debt) since(id yjs.ID) {
	if d.from == nil {
		d.from = make(map[uint64]uint64)
	}
	if lowest, ok := d.from[id.Client]; !ok || id.Clock < lowest {
		d.from[id.Client] = id.Clock
	}
}

// lost is what was dropped, by descending client id.
func (d *debt) lost() (from yjs.StateVector) {
	for client, clock := range d.from {
		from = append(from, yjs.ID{Client: client, Clock: clock})
	}
	slices.SortFunc(from, func(a, b yjs.ID) int { return cmp.Compare(b.Client, a.Client) })
	return from
}
