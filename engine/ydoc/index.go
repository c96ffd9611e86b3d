package ydoc

import (
	"sort"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// entryEvery is the distance of index entries, in bytes. A search reads at most about twice as
// many.
const entryEvery = 1024

// entryStructs is the largest number of structs from one entry to the next.
const entryStructs = 128

// indexEntry is an entry of the sparse index over a client's structs: where a unit is.
type indexEntry struct {
	clock   uint64
	off     uint32 // offset of the struct with the unit
	inside  uint32 // offset of the unit in the struct's content, 0 at the start of the struct
	structs uint32 // number of structs before this one
}

func (m indexEntry) at() int { return int(max(m.off, m.inside)) }

// entryDue reports whether enough bytes or structs follow the last entry for another one.
func (c *client) entryDue() bool {
	var last indexEntry
	if c.index != nil && len(c.index.entries) > 0 {
		last = c.index.entries[len(c.index.entries)-1]
	}
	return len(c.buf)-last.at() >= entryEvery || c.structs-last.structs >= entryStructs
}

// addEntryForNext adds an entry for the struct that is about to be appended, if one is due.
func (c *client) addEntryForNext() {
	if c.entryDue() {
		c.addEntry(indexEntry{clock: c.clock, off: uint32(len(c.buf)), structs: c.structs})
	}
}

func (c *client) addEntry(m indexEntry) {
	e := c.makeIndex()
	e.entries = append(e.entries, m)
}

// addEntryForMerge adds an entry for n bytes of elements that are about to be merged into the last
// struct, if one is due or they are so long that they will have entries inside.
func (c *client) addEntryForMerge(n int) {
	if !c.entryDue() && n < 2*entryEvery {
		return
	}
	if !c.lastHasEntry() {
		c.addEntryForLast(c.lastClock())
	}
	c.addEntry(indexEntry{c.clock, c.last, uint32(len(c.buf)), c.structs - 1})
}

// addEntryForLast adds an entry for the last struct. A struct with entries inside must have one.
func (c *client) addEntryForLast(clock uint64) {
	c.addEntry(indexEntry{clock: clock, off: c.last, structs: c.structs - 1})
}

func (c *client) lastHasEntry() bool {
	if c.index == nil || len(c.index.entries) == 0 {
		return false
	}
	return c.index.entries[len(c.index.entries)-1].off == c.last
}

// lastClock returns the clock of the last struct. It reads the whole struct, which is short if it
// has no entry.
func (c *client) lastClock() uint64 {
	var s yjs.Struct
	run := yjs.TrustedStructs(c.buf, int(c.last), yjs.ID{Client: c.id}, 1)
	run.Read(&s)
	return c.clock - s.Len
}

// addEntriesInside adds entries for the content of the last struct from offset start on, which was
// just appended, if that is long. clock is that of its first unit.
func (c *client) addEntriesInside(ref byte, start int, clock uint64) {
	if !hasElements(ref) || len(c.buf)-start < 2*entryEvery {
		return
	}
	if !c.lastHasEntry() {
		c.addEntryForLast(clock)
	}
	if start == int(c.lastContent) {
		_, start = readCount(c.buf, start)
	}
	for len(c.buf)-start >= 2*entryEvery {
		n, units := nextEntry(c.buf[start:], ref)
		start, clock = start+n, clock+units
		c.addEntry(indexEntry{clock, c.last, uint32(start), c.structs - 1})
	}
}

// nextEntry returns the length of about entryEvery bytes of content, and their units.
func nextEntry(elements []byte, ref byte) (n int, units uint64) {
	steps.Take(entryEvery / 64)
	if ref == yjs.RefString {
		n = entryEvery
		for !utf8.RuneStart(elements[n]) {
			n++
		}
		return n, lib0.UTF16Len(elements[:n])
	}
	r := lib0.TrustedReader(elements)
	for ; r.Offset() < entryEvery; units++ {
		yjs.SkipElements(&r, ref, 1)
	}
	return r.Offset(), units
}

// hasElements reports whether content with a ref consists of encoded elements.
func hasElements(ref byte) bool {
	return ref == yjs.RefString || ref == yjs.RefAny || ref == yjs.RefJSON
}

// shiftEntries moves the entries inside the last struct by n bytes.
func (c *client) shiftEntries(n int) {
	if c.index == nil {
		return
	}
	for i := len(c.index.entries) - 1; i >= 0 && c.index.entries[i].off == c.last; i-- {
		steps.Take(1)
		if m := &c.index.entries[i]; m.inside != 0 {
			m.inside = uint32(int(m.inside) + n)
		}
	}
}

// entriesBefore returns the last entry at or before clock, the entry for the start of its struct,
// and whether that struct has entries inside.
func (c *client) entriesBefore(clock uint64) (last, start indexEntry, long bool) {
	if c.index == nil {
		return
	}
	entries := c.index.entries
	next := sort.Search(len(entries), func(i int) bool { return entries[i].clock > clock })
	if next > 0 {
		last = entries[next-1]
		first := sort.Search(next, func(i int) bool { return entries[i].off >= last.off })
		start = entries[first]
	}
	long = last.inside != 0 || next < len(entries) && entries[next].off == last.off
	return last, start, long
}
