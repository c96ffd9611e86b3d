package view

import (
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// AppendCompacted appends the document as one update in as few bytes as Yjs
// needs after garbage collection: deleted content is replaced by its length,
// what deleted types held by nothing but its clocks, and neighbours are joined.
// The delete set also names what integration itself deleted.
func (v *View) AppendCompacted(dst []byte) []byte {
	v.keep()
	v.runs = nil
	dst = lib0.AppendUvarint(dst, uint64(len(v.clients)))
	var structs []byte
	for _, c := range v.clients {
		n := uint64(0)
		structs = structs[:0]
		for first := c.first; first < c.end; n++ {
			end := first + 1
			steps.Take(1)
			for end < c.end && v.joins(end-1, end) {
				steps.Take(1)
				end++
			}
			structs = v.appendRun(structs, first, end)
			first = end
		}
		dst = lib0.AppendUvarint(dst, n)
		dst = yjs.AppendID(dst, yjs.ID{Client: c.id})
		dst = append(dst, structs...)
	}
	return yjs.AppendDeletes(dst, v.deleted())
}

// finalRef is the content ref an item is left with.
func (v *View) finalRef(it *item) byte {
	switch {
	case it.gone:
		return yjs.RefGC
	case !it.deleted, it.kept && it.typ != none:
		return it.ref()
	case v.buried(it) && !it.kept:
		return yjs.RefGC
	}
	return yjs.RefDeleted
}

// keep marks what strays need. Yjs makes GC of what stands before GC, so a
// stray would be lost if its right origin became GC with the type it is in.
func (v *View) keep() {
	var needed []int32
	for _, i := range v.strays {
		if it := &v.items[i]; v.finalRef(it) != yjs.RefGC {
			needed = append(needed, it.rightOrigin)
		}
	}
	for len(needed) > 0 {
		steps.Take(1)
		i := needed[len(needed)-1]
		needed = needed[:len(needed)-1]
		if i == none || v.items[i].kept || !v.items[i].deleted {
			continue
		}
		it := &v.items[i]
		it.kept = true
		if v.buried(it) {
			needed = append(needed, it.origin, it.rightOrigin, v.types[it.parent].item)
		}
	}
}

// joins says whether b, which comes right after a, can be one struct with it.
func (v *View) joins(a, b int32) bool {
	x, y := &v.items[a], &v.items[b]
	finalRef := v.finalRef(x)
	if finalRef != v.finalRef(y) {
		return false
	}
	switch finalRef {
	case yjs.RefGC:
		return true
	case yjs.RefDeleted:
		return y.origin == a && y.rightOrigin == x.rightOrigin
	case yjs.RefString, yjs.RefAny, yjs.RefJSON:
		return y.origin == a && y.rightOrigin == x.rightOrigin && (y.key == none || y.piece)
	}
	return false
}

// appendRun appends items[first:end] as one struct.
func (v *View) appendRun(dst []byte, first, end int32) []byte {
	run := v.items[first:end]
	finalRef := v.finalRef(&run[0])
	units := run[len(run)-1].clock + run[len(run)-1].len - run[0].clock
	if finalRef == yjs.RefGC {
		return lib0.AppendUvarint(append(dst, yjs.RefGC), units)
	}
	dst = v.appendHead(dst, &run[0], finalRef)
	switch finalRef {
	case yjs.RefDeleted:
		return lib0.AppendUvarint(dst, units)
	case yjs.RefString:
		dst = lib0.AppendUvarint(dst, textBytes(run))
	case yjs.RefAny, yjs.RefJSON:
		dst = lib0.AppendUvarint(dst, units)
	}
	for i := range run {
		dst = v.appendContent(dst, &run[i])
	}
	return dst
}

// appendHead appends the head of the struct that starts with it.
func (v *View) appendHead(dst []byte, it *item, ref byte) []byte {
	reversed := v.reversed(it)
	if !it.piece && !reversed {
		dst = append(dst, it.info&^yjs.InfoRef|ref)
		return append(dst, v.raw[it.start+1:it.body]...)
	}
	var s yjs.Struct
	id := yjs.ID{Client: v.clients[it.client].id, Clock: it.clock}
	head := yjs.TrustedStructs(v.raw, int(it.start), id, 1)
	head.ReadHead(&s)
	if reversed {
		dst = append(dst, it.info&^(yjs.InfoRef|yjs.InfoRightOrigin)|ref)
		return yjs.AppendID(dst, s.Origin)
	}
	dst = append(dst, it.info&^yjs.InfoRef|ref|yjs.InfoOrigin)
	dst = yjs.AppendID(dst, yjs.ID{Client: id.Client, Clock: id.Clock - 1})
	if s.HasRightOrigin() {
		dst = yjs.AppendID(dst, s.RightOrigin)
	}
	return dst
}

// reversed says whether the right origin of it is its origin or before it, and both are now joined
// in one struct. Y.Docs would place it in front of its right origin then; behind its origin, where
// it stands, it stays without a right origin.
func (v *View) reversed(it *item) bool {
	if it.piece || it.origin == none || it.rightOrigin == none || it.rightOrigin > it.origin ||
		v.items[it.origin].client != v.items[it.rightOrigin].client {
		return false
	}
	if v.runs == nil {
		v.findRuns()
	}
	return v.runs[it.origin] == v.runs[it.rightOrigin]
}

// findRuns notes for each item the first of those that it is joined with.
func (v *View) findRuns() {
	v.runs = make([]int32, len(v.items))
	steps.Take(len(v.items))
	for i := range v.runs {
		v.runs[i] = int32(i)
		if i > 0 && v.items[i-1].client == v.items[i].client && v.joins(int32(i-1), int32(i)) {
			v.runs[i] = v.runs[i-1]
		}
	}
}

// deleted lists what is deleted, in the order AppendDeletes wants.
func (v *View) deleted() (ranges []yjs.DeleteRange) {
	for _, c := range v.clients {
		for i := c.first; i < c.end; i++ {
			it := &v.items[i]
			if !it.deleted {
				continue
			}
			if n := len(ranges); n > 0 && ranges[n-1].Client == c.id && ranges[n-1].End == it.clock {
				ranges[n-1].End += it.len
			} else {
				ranges = append(ranges, yjs.DeleteRange{Client: c.id, Clock: it.clock, End: it.clock + it.len})
			}
		}
	}
	return ranges
}
