package ydoc

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// AppendState appends the whole document as one update.
func (d *Doc) AppendState(dst []byte) []byte {
	dst = lib0.AppendUvarint(dst, uint64(d.order.len))
	for pos := range d.order.all() {
		dst = d.clients[pos].appendFrom(dst, 0)
	}
	return d.appendDeletes(dst, nil)
}

// State returns the whole document as one update, in memory of its own that is allocated once.
func (d *Doc) State() []byte { return d.AppendState(make([]byte, 0, d.Size())) }

// AppendDiff appends, as one update, the structs that a client with state vector have lacks, and
// the whole delete set, as the state vector does not show which deletes the client has.
func (d *Doc) AppendDiff(dst []byte, have yjs.StateVector) []byte {
	n := 0
	d.forEachBehind(have, func(*client, uint64) { n++ })
	dst = lib0.AppendUvarint(dst, uint64(n))
	d.forEachBehind(have, func(c *client, from uint64) { dst = c.appendFrom(dst, from) })
	return d.appendDeletes(dst, nil)
}

// forEachBehind calls f for each client of which have lacks structs, with the first clock that it
// lacks.
func (d *Doc) forEachBehind(have yjs.StateVector, f func(c *client, from uint64)) {
	for pos := range d.order.all() {
		c := &d.clients[pos]
		for len(have) > 0 && have[0].Client > c.id {
			have = have[1:]
		}
		from := uint64(0)
		if len(have) > 0 && have[0].Client == c.id {
			from = have[0].Clock
		}
		if from < c.clock {
			f(c, from)
		}
	}
}

// AppendSince appends, as one update, the structs of the clients in from, each from its clock on,
// and the whole delete set. Other clients are left out.
func (d *Doc) AppendSince(dst []byte, from yjs.StateVector) []byte {
	n := 0
	for _, e := range from {
		if e.Clock < d.clock(e.Client) {
			n++
		}
	}
	dst = lib0.AppendUvarint(dst, uint64(n))
	for _, e := range from {
		if pos, _, ok := d.lookup(e.Client); ok && e.Clock < d.clients[pos].clock {
			dst = d.clients[pos].appendFrom(dst, e.Clock)
		}
	}
	return d.appendDeletes(dst, nil)
}

// HasChanges reports whether anything was merged since the last AppendChanges or ClearChanges.
func (d *Doc) HasChanges() bool { return len(d.unreported) > 0 || len(d.newDeletes) > 0 }

// AppendChanges appends, as one update, the structs and deletes that were merged since the last
// AppendChanges or ClearChanges, and nothing that was known before. It appends nothing if there are
// none.
func (d *Doc) AppendChanges(dst []byte) []byte {
	if !d.HasChanges() {
		return dst
	}
	slices.SortFunc(d.unreported, func(a, b uint32) int {
		return cmp.Compare(d.clients[b].id, d.clients[a].id)
	})
	dst = lib0.AppendUvarint(dst, uint64(len(d.unreported)))
	for _, pos := range d.unreported {
		c := &d.clients[pos]
		dst = c.appendFrom(dst, c.reported)
	}
	dst = d.appendNewDeletes(dst)
	d.ClearChanges()
	return dst
}

// ClearChanges makes the next AppendChanges start from here.
func (d *Doc) ClearChanges() {
	for _, pos := range d.unreported {
		d.clients[pos].reported = d.clients[pos].clock
	}
	d.unreported, d.newDeletes = reuse(d.unreported), reuse(d.newDeletes)
}

// appendFrom appends a section with the client's structs from a clock on.
func (c *client) appendFrom(dst []byte, clock uint64) []byte {
	if clock == 0 {
		steps.Take(1 + len(c.buf)/64)
		dst = lib0.AppendUvarint(dst, uint64(c.structs))
		dst = yjs.AppendID(dst, yjs.ID{Client: c.id})
		return append(dst, c.buf...)
	}
	var p location
	c.seek(clock, &p)
	dst = lib0.AppendUvarint(dst, uint64(c.structs-p.structs))
	dst = yjs.AppendID(dst, yjs.ID{Client: c.id, Clock: clock})
	dst, rest := appendRest(dst, c.buf, &p, clock)
	steps.Take(1 + (len(c.buf)-rest)/64)
	return append(dst, c.buf[rest:]...)
}
