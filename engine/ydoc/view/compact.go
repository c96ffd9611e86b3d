package view

import (
	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// AppendCompacted appends the document as one update in the form that Yjs has after garbage
// collection: deleted content is replaced by its length, the content of deleted types by GC, and
// adjacent structs are merged. The delete set includes units that integration deleted.
func (v *View) AppendCompacted(dst []byte) []byte {
	v.keepForRights()
	v.mergedInto = nil
	dst = lib0.AppendUvarint(dst, uint64(len(v.clients)))
	var structs []byte
	for _, c := range v.clients {
		n := uint64(0)
		structs = structs[:0]
		for first := c.first; first < c.end; n++ {
			end := first + 1
			steps.Take(1)
			for end < c.end && v.merges(end-1, end) {
				steps.Take(1)
				end++
			}
			structs = v.appendMerged(structs, first, end)
			first = end
		}
		dst = lib0.AppendUvarint(dst, n)
		dst = yjs.AppendID(dst, yjs.ID{Client: c.id})
		dst = append(dst, structs...)
	}
	return yjs.AppendDeletes(dst, v.deletedRanges())
}

// finalRef returns the content ref that an item has after compaction.
func (v *View) finalRef(it *item) byte {
	switch {
	case it.gc:
		return yjs.RefGC
	case !it.deleted, it.keep && it.typ != none:
		return it.ref()
	case v.inDeletedType(it) && !it.keep:
		return yjs.RefGC
	}
	return yjs.RefDeleted
}

// keepForRights keeps the items that foreignRights refer to. Yjs makes an item GC if its right
// origin is, so these items would be lost if their right origins became GC.
func (v *View) keepForRights() {
	var needed []int32
	for _, i := range v.foreignRights {
		if it := &v.items[i]; v.finalRef(it) != yjs.RefGC {
			needed = append(needed, it.rightOrigin)
		}
	}
	for len(needed) > 0 {
		steps.Take(1)
		i := needed[len(needed)-1]
		needed = needed[:len(needed)-1]
		if i == none || v.items[i].keep || !v.items[i].deleted {
			continue
		}
		it := &v.items[i]
		it.keep = true
		if v.inDeletedType(it) {
			needed = append(needed, it.origin, it.rightOrigin, v.types[it.parent].item)
		}
	}
}

// merges reports whether b, the next item after a, can be merged into the struct of a.
func (v *View) merges(a, b int32) bool {
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
		return y.origin == a && y.rightOrigin == x.rightOrigin && (y.key == none || y.continues)
	}
	return false
}

// appendMerged appends items[first:end] as one struct.
func (v *View) appendMerged(dst []byte, first, end int32) []byte {
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

// appendHead appends the struct that starts with the item it, up to its content.
func (v *View) appendHead(dst []byte, it *item, ref byte) []byte {
	reversed := v.reversed(it)
	if !it.continues && !reversed {
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

// reversed reports whether the right origin of it is its origin or before it, and both are merged
// into one struct. With these origins Y.Docs would integrate it before its right origin. Without a
// right origin it stays after its origin.
func (v *View) reversed(it *item) bool {
	if it.continues || it.origin == none || it.rightOrigin == none || it.rightOrigin > it.origin ||
		v.items[it.origin].client != v.items[it.rightOrigin].client {
		return false
	}
	if v.mergedInto == nil {
		v.findMerged()
	}
	return v.mergedInto[it.origin] == v.mergedInto[it.rightOrigin]
}

// findMerged sets mergedInto.
func (v *View) findMerged() {
	v.mergedInto = make([]int32, len(v.items))
	steps.Take(len(v.items))
	for i := range v.mergedInto {
		v.mergedInto[i] = int32(i)
		if i > 0 && v.items[i-1].client == v.items[i].client && v.merges(int32(i-1), int32(i)) {
			v.mergedInto[i] = v.mergedInto[i-1]
		}
	}
}

// Deleted returns the ranges of all units that are deleted, by descending client.
func (v *View) Deleted() []yjs.DeleteRange { return v.deletedRanges() }

// deletedRanges returns the delete set, in the order for yjs.AppendDeletes.
func (v *View) deletedRanges() (ranges []yjs.DeleteRange) {
	for _, c := range v.clients {
		for i := c.first; i < c.end; i++ {
			it := &v.items[i]
			if !it.deleted {
				continue
			}
			own := yjs.DeleteRange{Client: c.id, Clock: it.clock, End: it.clock + it.len}
			n := len(ranges)
			if n > 0 && ranges[n-1].Client == own.Client && ranges[n-1].End == own.Clock {
				ranges[n-1].End = own.End
			} else {
				ranges = append(ranges, own)
			}
		}
	}
	return ranges
}
