package view

import (
	"math/bits"

	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// find returns the item with a unit, or none. Mostly it is the item that was found last, or the
// next.
func (v *View) find(id yjs.ID) int32 {
	for i := v.found; i < min(v.found+2, int32(len(v.items))); i++ {
		it := &v.items[i]
		if it.hasClock(id.Clock) && v.clients[it.client].id == id.Client {
			steps.Take(1)
			v.found = i
			return i
		}
	}
	i := v.search(id)
	if i != none {
		v.found = i
	}
	return i
}

// search finds the item with a unit by binary search. References are mostly near to the one before,
// so it begins there, and doubles the distance until it is too large.
func (v *View) search(id yjs.ID) int32 {
	c := v.client(id.Client)
	if c == none {
		return none
	}
	lo, hi := v.clients[c].first, v.clients[c].end
	if v.found >= lo && v.found < hi {
		lo, hi = v.around(id.Clock, lo, hi)
	}
	steps.Take(1 + bits.Len32(uint32(hi-lo)))
	for lo < hi {
		mid := (lo + hi) / 2
		if it := &v.items[mid]; it.clock+it.len <= id.Clock {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == v.clients[c].end || v.items[lo].clock > id.Clock {
		return none
	}
	return lo
}

// around returns the part of items lo to hi, one of which was found last, that search has to look
// in for a clock.
func (v *View) around(clock uint64, lo, hi int32) (from, to int32) {
	if v.items[v.found].clock <= clock {
		from = v.found
		for step := int32(1); from+step < hi; step *= 2 {
			if v.items[from+step].clock > clock {
				return from, from + step
			}
			from += step
		}
		return from, hi
	}
	to = v.found
	for step := int32(1); to-step >= lo; step *= 2 {
		if v.items[to-step].clock <= clock {
			return to - step, to
		}
		to -= step
	}
	return lo, to
}

// client returns the number of a client, or none.
func (v *View) client(id uint64) int32 {
	lo, hi := 0, len(v.clients)
	for lo < hi {
		mid := (lo + hi) / 2
		if v.clients[mid].id > id {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo < len(v.clients) && v.clients[lo].id == id {
		return int32(lo)
	}
	return none
}

// intern returns the number of a map key.
func (v *View) intern(key []byte) int32 {
	if n, ok := v.keyOf[string(key)]; ok {
		return n
	}
	n := int32(len(v.keys))
	v.keys = append(v.keys, string(key))
	v.keyOf[v.keys[n]] = n
	return n
}

// root returns the root type with a name, which it adds if it is new.
func (v *View) root(name []byte) int32 {
	if t, ok := v.roots[string(name)]; ok {
		return t
	}
	t := v.addType(typ{item: none, root: true, name: string(name)})
	v.roots[string(name)] = t
	return t
}

func (v *View) addType(t typ) int32 {
	t.start, t.firstEntry, t.lastEntry = none, none, none
	v.types = append(v.types, t)
	return int32(len(v.types) - 1)
}
