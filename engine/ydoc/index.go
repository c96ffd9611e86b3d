package ydoc

import (
	"sort"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// markEvery is how many bytes of structs there are from one mark to the next:
// a search reads at most about twice as many.
const markEvery = 1024

// markStructs is how many structs there are from one mark to the next at most, where they are
// short.
const markStructs = 128

// mark is an entry of the sparse index: the unit with this clock starts here.
type mark struct {
	clock   uint64
	off     uint32 // of the struct
	in      uint32 // where in the struct's content the unit starts; 0 at the struct's start
	structs uint32 // before this one
}

func (m mark) at() int { return int(max(m.off, m.in)) }

// markDue says whether the last mark is far enough behind.
func (c *client) markDue() bool {
	var last mark
	if c.more != nil && len(c.more.marks) > 0 {
		last = c.more.marks[len(c.more.marks)-1]
	}
	return len(c.buf)-last.at() >= markEvery || c.structs-last.structs >= markStructs
}

// mark marks the struct that is about to be appended.
func (c *client) mark() {
	if c.markDue() {
		c.addMark(mark{clock: c.clock, off: uint32(len(c.buf)), structs: c.structs})
	}
}

func (c *client) addMark(m mark) {
	e := c.extra()
	e.marks = append(e.marks, m)
}

// markFold marks where the last struct is about to be continued by n bytes of
// elements, if it is time or they will have marks themselves.
func (c *client) markFold(n int) {
	if !c.markDue() && n < 2*markEvery {
		return
	}
	if !c.tailMarked() {
		c.markTail(c.tailClock())
	}
	c.addMark(mark{c.clock, c.tail, uint32(len(c.buf)), c.structs - 1})
}

// markTail marks the start of the last struct, as that of a struct with marks inside must be.
func (c *client) markTail(clock uint64) {
	c.addMark(mark{clock: clock, off: c.tail, structs: c.structs - 1})
}

func (c *client) tailMarked() bool {
	return c.more != nil && len(c.more.marks) > 0 && c.more.marks[len(c.more.marks)-1].off == c.tail
}

// tailClock is the clock of the last struct. It reads the struct, which is short when it has no
// marks.
func (c *client) tailClock() uint64 {
	var s yjs.Struct
	run := yjs.TrustedStructs(c.buf, int(c.tail), yjs.ID{Client: c.id}, 1)
	run.Read(&s)
	return c.clock - s.Len
}

// markInside marks content just appended to the last struct, from offset start
// on, where it is long.
func (c *client) markInside(ref byte, start int, clock uint64) {
	if !hasElements(ref) || len(c.buf)-start < 2*markEvery {
		return
	}
	if !c.tailMarked() {
		c.markTail(clock)
	}
	if start == int(c.body) {
		_, start = number(c.buf, start)
	}
	for len(c.buf)-start >= 2*markEvery {
		n, units := step(c.buf[start:], ref)
		start, clock = start+n, clock+units
		c.addMark(mark{clock, c.tail, uint32(start), c.structs - 1})
	}
}

// step goes forward by about markEvery bytes of content and counts their units.
func step(elements []byte, ref byte) (n int, units uint64) {
	steps.Take(markEvery / 64)
	if ref == yjs.RefString {
		n = markEvery
		for !utf8.RuneStart(elements[n]) {
			n++
		}
		return n, lib0.UTF16Len(elements[:n])
	}
	r := lib0.TrustedReader(elements)
	for ; r.Offset() < markEvery; units++ {
		yjs.SkipElements(&r, ref, 1)
	}
	return r.Offset(), units
}

// hasElements says whether the content is made of parts that take bytes.
func hasElements(ref byte) bool {
	return ref == yjs.RefString || ref == yjs.RefAny || ref == yjs.RefJSON
}

// shiftMarks moves the marks inside the last struct by n bytes.
func (c *client) shiftMarks(n int) {
	if c.more == nil {
		return
	}
	for i := len(c.more.marks) - 1; i >= 0 && c.more.marks[i].off == c.tail; i-- {
		steps.Take(1)
		if m := &c.more.marks[i]; m.in != 0 {
			m.in = uint32(int(m.in) + n)
		}
	}
}

// marksBefore returns the last mark at or before clock, the mark of its
// struct's start, and whether that struct has marks inside.
func (c *client) marksBefore(clock uint64) (last, start mark, long bool) {
	if c.more == nil {
		return
	}
	marks := c.more.marks
	next := sort.Search(len(marks), func(i int) bool { return marks[i].clock > clock })
	if next > 0 {
		last = marks[next-1]
		first := sort.Search(next, func(i int) bool { return marks[i].off >= last.off })
		start = marks[first]
	}
	long = last.in != 0 || next < len(marks) && marks[next].off == last.off
	return last, start, long
}
