package ydoc

import (
	"bytes"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// client holds what one client id wrote.
type client struct {
	id      uint64
	clock   uint64 // after the last struct
	sent    uint64 // clocks below it were reported by AppendChanges
	buf     []byte // the structs from clock 0 on
	more    *more  // nil while there is nothing in it
	structs uint32 // in buf
	tail    uint32 // offset of the last struct
	body    uint32 // offset of its content
	first   level  // of the first struct
	level   level  // of the last struct
}

// more is what small clients do without.
type more struct {
	marks   []mark // by ascending clock
	deletes spans
	levels  levels
}

func (c *client) extra() *more {
	if c.more == nil {
		c.more = new(more)
	}
	return c.more
}

// append appends struct s of raw, whose clock is c.clock.
func (c *client) append(raw []byte, s *yjs.Struct, underKey bool) {
	c.mark()
	c.tail, c.body = uint32(len(c.buf)), uint32(len(c.buf)+s.Body-s.Start)
	c.buf = append(c.buf, raw[s.Start:s.End]...)
	c.structs++
	if s.IsItem() {
		c.showKey(underKey)
	}
	c.markInside(s.Ref(), int(c.body), s.Clock)
	c.clock += s.Len
}

// continues says whether s and the last struct look like one struct cut in two:
// s has the last unit as origin, and the same right origin. Reading the two as
// one makes the same units with the same origins, which is all that integration
// looks at. What continues a value of a map key is one itself.
func (c *client) continues(raw []byte, s *yjs.Struct) bool {
	if c.structs == 0 || s.Ref() != c.buf[c.tail]&yjs.InfoRef {
		return false
	}
	switch s.Ref() {
	case yjs.RefGC:
		return true
	case yjs.RefString, yjs.RefDeleted, yjs.RefAny, yjs.RefJSON:
		return (s.Info|c.buf[c.tail])&yjs.InfoParentSub == 0 &&
			s.HasOrigin() && s.Origin == yjs.ID{Client: c.id, Clock: c.clock - 1} &&
			c.sameRight(raw, s)
	}
	return false
}

// sameRight compares right origins as they are written. In the last struct it
// ends where the content starts, and a byte that ends a number, or the info byte
// of a struct without an origin, is before it: both have no high bit.
func (c *client) sameRight(raw []byte, s *yjs.Struct) bool {
	info := c.buf[c.tail]
	if (info^s.Info)&yjs.InfoRightOrigin != 0 {
		return false
	}
	if info&yjs.InfoRightOrigin == 0 {
		return true
	}
	right := s.RightOriginBytes(raw)
	head := c.buf[c.tail:c.body]
	return bytes.HasSuffix(head, right) && head[len(head)-len(right)-1] < 0x80
}

// fold appends the content of s, which continues the last struct, to that one's. Values of a map
// key never fold: each deletes the one before it when it is integrated, and as one struct they
// would not.
func (c *client) fold(raw []byte, s *yjs.Struct) {
	count, from := number(raw, s.Body)
	elements := raw[from:s.End] // none for runs of what is gone
	if len(elements) > 0 {
		c.markFold(len(elements))
	}
	c.addCount(count)
	start := len(c.buf)
	c.buf = append(c.buf, elements...)
	c.markInside(s.Ref(), start, s.Clock)
	c.clock += s.Len
}

// addCount adds n to the number the last struct's content starts with.
func (c *client) addCount(n uint64) {
	old, end := number(c.buf, int(c.body))
	n += old
	if grow := int(c.body) + lib0.UvarintLen(n) - end; grow != 0 {
		c.shift(end, grow)
	}
	lib0.AppendUvarint(c.buf[:c.body], n)
}

// shift moves what stands from offset at on by n bytes, n being small.
func (c *client) shift(at, n int) {
	steps.Take(1 + (len(c.buf)-at)/64)
	if n > 0 {
		c.buf = append(c.buf, make([]byte, n)...)
		copy(c.buf[at+n:], c.buf[at:len(c.buf)-n])
	} else {
		c.buf = append(c.buf[:at+n], c.buf[at:]...)
	}
	c.shiftMarks(n)
}

// showKey makes the info byte of the last struct say whether it is under a key.
func (c *client) showKey(under bool) {
	c.buf[c.tail] &^= yjs.InfoParentSub
	if under {
		c.buf[c.tail] |= yjs.InfoParentSub
	}
}
