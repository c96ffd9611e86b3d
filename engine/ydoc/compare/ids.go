package compare

import (
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// byIDs compares two lists by the ids of their units. It returns false if units that both have are
// not in one order: then these are not of one history after all.
func (w *lists) byIDs() bool {
	for len(w.a) > 0 || len(w.b) > 0 {
		w.c.spend(1)
		var n, m uint64
		if len(w.a) > 0 {
			var shown bool
			if shown, n = statusOf(w.c.new, w.idA(), w.leftA()); !shown {
				w.delete(n)
				continue
			}
		}
		if len(w.b) > 0 {
			var shown bool
			if shown, m = statusOf(w.c.old, w.idB(), w.leftB()); !shown {
				w.insert(m)
				continue
			}
		}
		if n == 0 || m == 0 || w.idA() != w.idB() {
			return false
		}
		w.sameUnits(min(n, m))
	}
	return true
}

// sameUnits reads n units that have the same ids in both. Their content may be another: Yjs
// replaces the halves of a surrogate pair by U+FFFD when it is split.
func (w *lists) sameUnits(n uint64) {
	if w.a[0].equal(w.offA, &w.b[0], w.offB, n) {
		w.keep(n)
		return
	}
	w.delete(n)
	w.insert(n)
}

// statusOf reports whether a document shows a unit, and for how many of the n units from it on that
// holds.
func statusOf(v *view.View, id yjs.ID, n uint64) (shown bool, of uint64) {
	it, ok := v.Find(id)
	if !ok {
		return false, n // nor has it a later unit of this client
	}
	return !it.Deleted(), min(n, it.First().Clock+it.Len()-id.Clock)
}
