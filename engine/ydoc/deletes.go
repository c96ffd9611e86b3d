package ydoc

import (
	"cmp"
	"slices"
	"sort"

	"github.com/civicpress/civic-realtime/codec"
)

// span is a run of deleted clocks, from clock up to but not including end.
type span struct{ clock, end uint64 }

// deleteRange merges a range of the delete set: now what is known, later what is not.
func (d *Doc) deleteRange(r codec.DeleteRange) {
	pos, ok := d.find(r.Client)
	known := uint64(0)
	if ok {
		known = d.clients[pos].clock
	}
	if r.End > known {
		rest := r
		rest.Clock = max(r.Clock, known)
		d.pending.addDelete(rest)
		r.End = known
	}
	if r.Clock < r.End {
		d.markDeleted(pos, r)
	}
}

// markDeleted adds r to the client's spans, and what of it is new to newDeletes.
func (d *Doc) markDeleted(pos uint32, r codec.DeleteRange) {
	d.ranges += d.clients[pos].extra().delete(r.Clock, r.End, func(clock, end uint64) {
		d.changed = true
		d.newDeletes = appendDelete(d.newDeletes, codec.DeleteRange{Client: r.Client, Clock: clock, End: end})
	})
}

// delete adds a run of clocks to the spans, calls fresh, if there is one, for
// each part that was not in them, and returns how many spans there are more.
func (m *more) delete(clock, end uint64, fresh func(clock, end uint64)) (grown int) {
	i := m.spanAt(clock)
	m.last = i
	merged, next, j := span{clock, end}, clock, i
	for ; j < len(m.deletes) && m.deletes[j].clock <= end; j++ {
		if s := m.deletes[j]; fresh != nil && next < s.clock {
			fresh(next, s.clock)
		}
		next = m.deletes[j].end
		merged = span{min(merged.clock, m.deletes[j].clock), max(merged.end, next)}
	}
	if fresh != nil && next < end {
		fresh(next, end)
	}
	if j == i+1 {
		m.deletes[i] = merged
	} else {
		m.deletes = slices.Replace(m.deletes, i, j, merged)
	}
	return 1 - (j - i)
}

// spanAt finds the first span that ends at clock or behind it. Mostly it is the
// one that was last found: who deletes backwards goes on where that one starts.
func (m *more) spanAt(clock uint64) int {
	i := m.last
	if i < len(m.deletes) && m.deletes[i].end >= clock && (i == 0 || m.deletes[i-1].end < clock) {
		return i
	}
	return sort.Search(len(m.deletes), func(i int) bool { return m.deletes[i].end >= clock })
}

// appendDelete appends r, or lengthens the last range by it.
func appendDelete(ranges []codec.DeleteRange, r codec.DeleteRange) []codec.DeleteRange {
	if n := len(ranges); n > 0 && ranges[n-1].Client == r.Client && ranges[n-1].End == r.Clock {
		ranges[n-1].End = r.End
		return ranges
	}
	return append(ranges, r)
}

// appendDeletes appends the whole delete set, and tells at where it may be cut, if there is one.
func (d *Doc) appendDeletes(dst []byte, at *cutter) []byte {
	n := 0
	for i := range d.clients {
		if m := d.clients[i].more; m != nil && len(m.deletes) > 0 {
			n++
		}
	}
	dst = codec.AppendUvarint(dst, uint64(n))
	for _, pos := range d.order {
		if c := &d.clients[pos]; c.more != nil && len(c.more.deletes) > 0 {
			dst = codec.AppendUvarint(codec.AppendUvarint(dst, c.id), uint64(len(c.more.deletes)))
			dst = c.more.appendDeletes(dst, at)
		}
	}
	return dst
}

func (m *more) appendDeletes(dst []byte, at *cutter) []byte {
	if 2*len(m.deletes) >= minDeletes {
		at.cut(dst)
	}
	for _, s := range m.deletes {
		if at.since(dst) >= minDeletes && chosen(s.clock, 64) {
			at.cut(dst)
		}
		dst = codec.AppendUvarint(codec.AppendUvarint(dst, s.clock), s.end-s.clock)
	}
	return dst
}

// appendNewDeletes appends newDeletes as a delete set, and sorts them to do so.
func (d *Doc) appendNewDeletes(dst []byte) []byte {
	slices.SortFunc(d.newDeletes, func(a, b codec.DeleteRange) int {
		return cmp.Or(cmp.Compare(b.Client, a.Client), cmp.Compare(a.Clock, b.Clock))
	})
	return codec.AppendDeletes(dst, joinRanges(d.newDeletes))
}

// joinRanges makes one of ranges that touch, in place.
func joinRanges(ranges []codec.DeleteRange) []codec.DeleteRange {
	out := ranges[:0]
	for _, r := range ranges {
		out = appendDelete(out, r)
	}
	return out
}
