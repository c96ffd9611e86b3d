package ydoc

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// deleteRange deletes the known clocks of a range. The others become pending.
func (d *Doc) deleteRange(r yjs.DeleteRange) {
	pos, ok := d.find(r.Client)
	known := uint64(0)
	if ok {
		known = d.clients[pos].clock
	}
	if r.End > known {
		rest := r
		rest.Clock = max(r.Clock, known)
		d.pending.addDelete(rest, d.by)
		r.End = known
	}
	if r.Clock < r.End {
		d.markDeleted(pos, r)
	}
}

// markDeleted adds r to the deleted ranges of a client, and its new parts to newDeletes.
func (d *Doc) markDeleted(pos uint32, r yjs.DeleteRange) {
	known := r.End - r.Clock
	d.ranges += d.clients[pos].makeIndex().deletes.add(r.Clock, r.End, func(clock, end uint64) {
		d.changed = true
		known -= end - clock
		fresh := yjs.DeleteRange{Client: r.Client, Clock: clock, End: end}
		d.newDeletes = appendDelete(d.newDeletes, fresh)
		if d.recorder != nil {
			d.recorder.Deleted(r.Client, clock, end, d.by)
		}
	})
	d.knownDeletes = d.knownDeletes || known > 0
}

// markTombstone marks the clocks of a new struct that is deleted already. They are in newDeletes
// too: a client may know the struct from before a loss of data here, with its content.
func (d *Doc) markTombstone(c *client, s *yjs.Struct) {
	r := yjs.DeleteRange{Client: s.Client, Clock: s.Clock, End: s.Clock + s.Len}
	d.ranges += c.makeIndex().deletes.add(r.Clock, r.End, func(clock, end uint64) {
		fresh := yjs.DeleteRange{Client: r.Client, Clock: clock, End: end}
		d.newDeletes = appendDelete(d.newDeletes, fresh)
	})
}

// appendDelete appends r, or extends the last range by it.
func appendDelete(ranges []yjs.DeleteRange, r yjs.DeleteRange) []yjs.DeleteRange {
	if n := len(ranges); n > 0 && ranges[n-1].Client == r.Client && ranges[n-1].End == r.Clock {
		ranges[n-1].End = r.End
		return ranges
	}
	return append(ranges, r)
}

// appendDeletes appends the whole delete set, and adds cuts to at, which may be nil.
func (d *Doc) appendDeletes(dst []byte, at *cutter) []byte {
	n := 0
	for i := range d.clients {
		if m := d.clients[i].index; m != nil && m.deletes.len > 0 {
			n++
		}
	}
	dst = lib0.AppendUvarint(dst, uint64(n))
	for pos := range d.order.all() {
		if c := &d.clients[pos]; c.index != nil && c.index.deletes.len > 0 {
			dst = lib0.AppendUvarint(lib0.AppendUvarint(dst, c.id), uint64(c.index.deletes.len))
			dst = c.index.appendDeletes(dst, at)
		}
	}
	return dst
}

func (m *clientIndex) appendDeletes(dst []byte, at *cutter) []byte {
	if 2*m.deletes.len >= minDeletes {
		at.cut(dst)
	}
	for _, chunk := range m.deletes.chunks {
		steps.Take(len(chunk))
		for _, s := range chunk {
			if at.sinceLast(dst) >= minDeletes && hashSelects(s.clock, 64) {
				at.cut(dst)
			}
			dst = lib0.AppendUvarint(lib0.AppendUvarint(dst, s.clock), s.end-s.clock)
		}
	}
	return dst
}

// appendNewDeletes sorts newDeletes and appends them as a delete set.
func (d *Doc) appendNewDeletes(dst []byte) []byte {
	slices.SortFunc(d.newDeletes, func(a, b yjs.DeleteRange) int {
		return cmp.Or(cmp.Compare(b.Client, a.Client), cmp.Compare(a.Clock, b.Clock))
	})
	return yjs.AppendDeletes(dst, joinRanges(d.newDeletes))
}

// joinRanges joins adjacent ranges in place.
func joinRanges(ranges []yjs.DeleteRange) []yjs.DeleteRange {
	out := ranges[:0]
	for _, r := range ranges {
		out = appendDelete(out, r)
	}
	return out
}
