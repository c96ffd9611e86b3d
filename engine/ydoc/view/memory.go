package view

import (
	"unsafe"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Reuse gives New the memory of a view. Neither that view nor anything that it handed out, other than strings, may be used
// any more. It may be nil.
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
			raw: v.raw, clients: old.clients[:0], items: old.items[:0], types: old.types[:0], keys: old.keys[:0], strays: old.strays[:0],
			roots: old.roots, keyOf: old.keyOf, entries: old.entries[:0], indexed: old.indexed,
			refs: old.refs[:0], points: old.points[:0], firsts: old.firsts[:0], spare: old.spare[:0], marked: old.marked[:0], gone: old.gone[:0], maxSteps: maxSteps,
		}
		*old = View{}
	}
}

// Release lets go of the update. The view may not be used any more but for Reuse.
func (v *View) Release() { v.raw = nil }

// keyBytes is about what a map takes for a key.
const keyBytes = 64

// Memory is about how much memory the view takes, in bytes, beside the update that it was made from, which it keeps until
// Release.
func (v *View) Memory() int {
	return (cap(v.items)+cap(v.spare))*int(unsafe.Sizeof(item{})) + cap(v.refs)*int(unsafe.Sizeof(reference{})) +
		cap(v.clients)*int(unsafe.Sizeof(client{})) + cap(v.gone)*int(unsafe.Sizeof(yjs.DeleteRange{})) + (cap(v.strays)+cap(v.firsts))*int(unsafe.Sizeof(int32(0))) +
		cap(v.types)*int(unsafe.Sizeof(typ{})) + cap(v.entries)*int(unsafe.Sizeof(entry{})) + cap(v.points)*int(unsafe.Sizeof(cutPoint{})) + cap(v.marked)*int(unsafe.Sizeof(marks{})) +
		(len(v.keyOf)+len(v.indexed))*keyBytes
}
