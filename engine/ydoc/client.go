package ydoc

import (
	"bytes"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// client has the structs of one client id.
type client struct {
	id           uint64
	clock        uint64       // the next clock, after the last struct
	reported     uint64       // clocks below it have been reported by AppendChanges
	buf          []byte       // the encoded structs from clock 0 on
	index        *clientIndex // nil while it would be empty
	structs      uint32       // number of structs in buf
	last         uint32       // offset of the last struct in buf
	lastContent  uint32       // offset of its content
	firstNesting nesting      // of the first struct
	lastNesting  nesting      // of the last struct
}

// clientIndex has the data that only clients with many structs, deletes or nestings need.
type clientIndex struct {
	entries  []indexEntry // by ascending clock
	deletes  clockRanges
	nestings nestings
}

func (c *client) makeIndex() *clientIndex {
	if c.index == nil {
		c.index = new(clientIndex)
	}
	return c.index
}

// append appends s, a struct in raw whose clock is c.clock.
func (c *client) append(raw []byte, s *yjs.Struct, underKey bool) {
	c.addEntryForNext()
	c.last, c.lastContent = uint32(len(c.buf)), uint32(len(c.buf)+s.Body-s.Start)
	c.buf = append(c.buf, raw[s.Start:s.End]...)
	c.structs++
	if s.IsItem() {
		c.setParentSubBit(underKey)
	}
	c.addEntriesInside(s.Ref(), int(c.lastContent), s.Clock)
	c.clock += s.Len
}

// canMerge reports whether s can be merged into the last struct, as Yjs merges items: its origin is
// the last unit, and it has the same right origin. One struct gives the same units with the same
// origins, and integration depends on nothing else. Values of map keys are not merged.
func (c *client) canMerge(raw []byte, s *yjs.Struct) bool {
	if c.structs == 0 || s.Ref() != c.buf[c.last]&yjs.InfoRef {
		return false
	}
	switch s.Ref() {
	case yjs.RefGC:
		return true
	case yjs.RefString, yjs.RefDeleted, yjs.RefAny, yjs.RefJSON:
		return (s.Info|c.buf[c.last])&yjs.InfoParentSub == 0 &&
			s.HasOrigin() && s.Origin == yjs.ID{Client: c.id, Clock: c.clock - 1} &&
			c.sameRight(raw, s)
	}
	return false
}

// sameRight reports whether s has the right origin of the last struct. It compares the encodings.
// In the last struct the right origin ends where the content starts. The byte before it ends a
// number, or is the info byte of a struct without an origin; neither has the high bit.
func (c *client) sameRight(raw []byte, s *yjs.Struct) bool {
	info := c.buf[c.last]
	if (info^s.Info)&yjs.InfoRightOrigin != 0 {
		return false
	}
	if info&yjs.InfoRightOrigin == 0 {
		return true
	}
	right := s.RightOriginBytes(raw)
	head := c.buf[c.last:c.lastContent]
	return bytes.HasSuffix(head, right) && head[len(head)-len(right)-1] < 0x80
}

// mergeIntoLast appends the content of s to that of the last struct. canMerge must be true for s.
// Values of a map key are never merged: each deletes the one before it when it is integrated.
func (c *client) mergeIntoLast(raw []byte, s *yjs.Struct) {
	count, from := readCount(raw, s.Body)
	elements := raw[from:s.End] // none for GC and deleted content
	if len(elements) > 0 {
		c.addEntryForMerge(len(elements))
	}
	c.addCount(count)
	start := len(c.buf)
	c.buf = append(c.buf, elements...)
	c.addEntriesInside(s.Ref(), start, s.Clock)
	c.clock += s.Len
}

// addCount adds n to the number with which the content of the last struct starts.
func (c *client) addCount(n uint64) {
	old, end := readCount(c.buf, int(c.lastContent))
	n += old
	if grow := int(c.lastContent) + lib0.UvarintLen(n) - end; grow != 0 {
		c.shift(end, grow)
	}
	lib0.AppendUvarint(c.buf[:c.lastContent], n)
}

// shift moves the bytes of buf from offset at on by n bytes.
func (c *client) shift(at, n int) {
	steps.Take(1 + (len(c.buf)-at)/64)
	if n > 0 {
		c.buf = append(c.buf, make([]byte, n)...)
		copy(c.buf[at+n:], c.buf[at:len(c.buf)-n])
	} else {
		c.buf = append(c.buf[:at+n], c.buf[at:]...)
	}
	c.shiftEntries(n)
}

// setParentSubBit sets in the info byte of the last struct whether it is a value of a map key.
func (c *client) setParentSubBit(under bool) {
	c.buf[c.last] &^= yjs.InfoParentSub
	if under {
		c.buf[c.last] |= yjs.InfoParentSub
	}
}
