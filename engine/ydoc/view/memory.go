package view

import (
	"unsafe"
)

// Reuse makes New use the memory of a view, which may be nil. Afterwards neither that view nor its
// results, other than strings, may be used.
func Reuse(old *View) Option {
	return func(v *View) {
		if old == nil || old.roots == nil {
			return
		}
		clear(old.roots)
		clear(old.keyOf)
		clear(old.indexed)
		clear(old.types)
		clear(old.keys)
		maxSteps, splitAt := v.maxSteps, v.splitAt
		*v = View{
			raw: v.raw, maxSteps: maxSteps, splitAt: splitAt,
			clients: old.clients[:0], items: old.items[:0], types: old.types[:0],
			roots: old.roots, keys: old.keys[:0], keyOf: old.keyOf,
			entries: old.entries[:0], indexed: old.indexed,
			foreignRights: old.foreignRights[:0], conflictMarks: old.conflictMarks[:0],
			splitPoints: old.splitPoints[:0], spareSplits: old.spareSplits[:0],
			firstPieces: old.firstPieces[:0],
			refs:        old.refs[:0], spare: old.spare[:0], deletes: old.deletes[:0],
		}
		*old = View{}
	}
}

// Release drops the reference to the update. Only Reuse may use the view after that.
func (v *View) Release() { v.raw = nil }

// keyBytes is roughly the memory of a map for a key, in bytes.
const keyBytes = 64

// Memory estimates the memory of the view in bytes, without the update, which it references
// until Release.
func (v *View) Memory() int {
	return sizeOf(v.items) + sizeOf(v.spare) + sizeOf(v.refs) + sizeOf(v.clients) +
		sizeOf(v.deletes) + sizeOf(v.foreignRights) + sizeOf(v.firstPieces) + sizeOf(v.types) +
		sizeOf(v.entries) + sizeOf(v.splitPoints) + sizeOf(v.spareSplits) +
		sizeOf(v.conflictMarks) + (len(v.keyOf)+len(v.indexed))*keyBytes
}

// sizeOf returns the memory of a slice, in bytes.
func sizeOf[T any](s []T) int {
	var element T
	return cap(s) * int(unsafe.Sizeof(element))
}
