package view

import (
	"iter"

	"github.com/civicpress/civic-realtime/codec/steps"
)

// maxListed is the largest number of keys of a type that entryOf searches one by one. The keys of
// larger types are in indexed.
const maxListed = 8

// entryOf returns the number of the entry of a key, or none.
func (v *View) entryOf(t, key int32) int32 {
	if v.types[t].entries > maxListed {
		if e, ok := v.indexed[entryID{t, key}]; ok {
			return e
		}
		return none
	}
	for e := v.types[t].firstEntry; e != none; e = v.entries[e].next {
		if v.entries[e].key == key {
			return e
		}
	}
	return none
}

// addEntry adds an entry for a key that the type does not have.
func (v *View) addEntry(t, key int32) int32 {
	e, owner := int32(len(v.entries)), &v.types[t]
	v.entries = append(v.entries, entry{key: key, first: none, last: none, next: none})
	if owner.entries == 0 {
		owner.firstEntry = e
	} else {
		v.entries[owner.lastEntry].next = e
	}
	owner.lastEntry = e
	owner.entries++
	switch {
	case owner.entries == maxListed+1:
		for e := range v.entriesOf(t) {
			v.indexed[entryID{t, v.entries[e].key}] = e
		}
	case owner.entries > maxListed:
		v.indexed[entryID{t, key}] = e
	}
	return e
}

// entriesOf yields the numbers of the entries of a type, in the order in which they were added.
func (v *View) entriesOf(t int32) iter.Seq[int32] {
	return func(yield func(int32) bool) {
		for e := v.types[t].firstEntry; e != none; e = v.entries[e].next {
			steps.Take(1)
			if !yield(e) {
				return
			}
		}
	}
}
