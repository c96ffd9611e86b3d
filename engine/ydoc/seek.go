package ydoc

import (
	"encoding/binary"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// location is the place of a unit in a buffer of structs.
type location struct {
	s       yjs.Struct // the struct with the unit, without Len and End
	structs uint32     // number of structs before s
	pos     int        // offset of the unit's content, or s.Start for the first unit
	// set if the unit is the second half of a surrogate pair; pos is behind the pair then
	split bool
}

// seek sets p to the location of the unit with a clock, which the client must have.
func (c *client) seek(clock uint64, p *location) {
	last, start, long := c.entriesBefore(clock)
	p.structs, p.split = last.structs, false
	first := yjs.ID{Client: c.id, Clock: start.clock}
	run := yjs.TrustedStructs(c.buf, int(last.off), first, uint64(c.structs-last.structs))
	if long {
		run.ReadHead(&p.s)
		if c.seekInside(&run, last, clock, p) {
			return
		}
	}
	for run.Read(&p.s) && clock >= p.s.Clock+p.s.Len {
		p.structs++
	}
	p.pos = p.s.Start
	if units := clock - p.s.Clock; units > 0 {
		_, from := readCount(c.buf, p.s.Body)
		p.pos, _, p.split = skipUnits(c.buf, &p.s, from, 0, units)
	}
}

// seekInside searches the long struct p.s from entry m on. If the unit is after the struct, it
// moves run there and returns false.
func (c *client) seekInside(run *yjs.Structs, m indexEntry, clock uint64, p *location) bool {
	if clock == p.s.Clock {
		p.pos = p.s.Start
		return true
	}
	from := int(m.inside)
	if from == 0 {
		_, from = readCount(c.buf, p.s.Body)
	}
	pos, left, split := skipUnits(c.buf, &p.s, from, m.clock-p.s.Clock, clock-m.clock)
	if left == 0 && !c.endsAt(&p.s, pos, clock) {
		p.pos, p.split = pos, split
		return true
	}
	*run = yjs.TrustedStructs(c.buf, pos, yjs.ID{Client: c.id, Clock: clock - left}, run.Left-1)
	p.structs++
	return false
}

// endsAt reports whether offset pos, at which the unit with a clock would be, is the end of s.
func (c *client) endsAt(s *yjs.Struct, pos int, clock uint64) bool {
	n, from := readCount(c.buf, s.Body)
	if s.Ref() == yjs.RefString {
		return pos == from+int(n)
	}
	return clock-s.Clock == n
}

// readCount reads the varUint at offset at and returns the offset after it.
func readCount(buf []byte, at int) (n uint64, end int) {
	n, size := binary.Uvarint(buf[at:])
	return n, at + size
}

// skipUnits skips units of the content of s. It begins at offset from, where the unit with the
// number done starts. It returns the offset after the last, and how many units were left at the end
// of the content. split is as in skipUTF16.
func skipUnits(buf []byte, s *yjs.Struct, from int, done, units uint64) (
	pos int, left uint64, split bool,
) {
	n, first := readCount(buf, s.Body)
	switch s.Ref() {
	case yjs.RefString:
		steps.Take(1 + int(min(units, n))/64)
		return skipUTF16(buf[:first+int(n)], from, units)
	case yjs.RefAny, yjs.RefJSON:
		step := min(units, n-done)
		steps.Take(1 + int(step))
		r := lib0.TrustedReader(buf[from:])
		yjs.SkipElements(&r, s.Ref(), step)
		return from + r.Offset(), units - step, false
	}
	return first, 0, false
}

// skipUTF16 skips so many UTF-16 units of s from offset i. split is true if it ends inside of a
// surrogate pair; pos is then after the pair.
func skipUTF16(s []byte, i int, units uint64) (pos int, left uint64, split bool) {
	for units > 0 && i < len(s) {
		if s[i] < utf8.RuneSelf {
			i, units = i+1, units-1
			continue
		}
		r, n := utf8.DecodeRune(s[i:])
		i += n
		if r < 0x10000 {
			units--
		} else if units == 1 {
			return i, 0, true
		} else {
			units -= 2
		}
	}
	return i, units, false
}

// replacement is U+FFFD, with which Yjs replaces each half of a surrogate pair that it splits.
const replacement = "\uFFFD"

// appendRest appends the start of struct p.s, in buf, cut at clock as Yjs cuts it for a client that
// has the units before. It returns the offset in buf of the bytes that must follow: the rest of the
// content, and later structs.
func appendRest(dst, buf []byte, p *location, clock uint64) (out []byte, from int) {
	s := &p.s
	if p.pos == s.Start {
		return dst, s.Start
	}
	n, first := readCount(buf, s.Body)
	dst = appendContinuation(dst, s, clock)
	switch done := clock - s.Clock; {
	case s.Ref() != yjs.RefString:
		dst = lib0.AppendUvarint(dst, n-done)
	case p.split:
		dst = lib0.AppendUvarint(dst, uint64(first)+n-uint64(p.pos)+uint64(len(replacement)))
		dst = append(dst, replacement...)
	default:
		dst = lib0.AppendUvarint(dst, uint64(first)+n-uint64(p.pos))
	}
	return dst, p.pos
}

// appendContinuation appends a struct up to its content: the part of s from clock on.
func appendContinuation(dst []byte, s *yjs.Struct, clock uint64) []byte {
	if !s.IsItem() {
		return append(dst, s.Ref())
	}
	dst = append(dst, s.Info|yjs.InfoOrigin)
	dst = yjs.AppendID(dst, yjs.ID{Client: s.Client, Clock: clock - 1})
	if s.HasRightOrigin() {
		dst = yjs.AppendID(dst, s.RightOrigin)
	}
	return dst
}
