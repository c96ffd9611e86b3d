package view

import (
	"unsafe"
)

// Reuse gives New the memory of a view. Neither that view nor anything that it handed out, other
// than strings, may be used any more. It may be nil.
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
		maxSteps := v.maxSteps
		*v = View{
			raw: v.raw, maxSteps: maxSteps,
			clients: old.clients[:0], items: old.items[:0], types: old.types[:0],
			roots: old.roots, keys: old.keys[:0], keyOf: old.keyOf,
			entries: old.entries[:0], indexed: old.indexed,
			strays: old.strays[:0], marked: old.marked[:0], refs: old.refs[:0],
			points: old.points[:0], firsts: old.firsts[:0], spare: old.spare[:0], gone: old.gone[:0],
		}
		*old = View{}
	}
}

// Release lets go of the update. The view may not be used any more but for Reuse.
func (v *View) Release() { v.raw = nil }

// keyBytes is about what a map takes for a key.
const keyBytes = 64

// Memory is about how much memory the view takes, in bytes, beside the update that it was made
// from, which it keeps until Release.
func (v *View) Memory() int {
	return sizeOf(v.items) + sizeOf(v.spare) + sizeOf(v.refs) + sizeOf(v.clients) + sizeOf(v.gone) +
		sizeOf(v.strays) + sizeOf(v.firsts) + sizeOf(v.types) + sizeOf(v.entries) +
		sizeOf(v.points) + sizeOf(v.marked) + (len(v.keyOf)+len(v.indexed))*keyBytes
}

// sizeOf is the memory of a slice, in bytes.
func sizeOf[T any](s []T) int {
	var element T
	return cap(s) * int(unsafe.Sizeof(element))
}
