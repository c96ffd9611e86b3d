package ydoc

import (
	"encoding/binary"
	"sort"

	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// level says where a struct stands: how many types are around it, a root
// included, shifted by one, and in the lowest bit whether it is a value of a map
// key. Around GC there are none, nor around what integration makes GC because it
// stands beside or in GC.
type level uint16

const gone level = 0

func newLevel(depth int, underKey bool) level {
	if underKey {
		return level(depth<<1 | 1)
	}
	return level(depth << 1)
}

func (l level) depth() int     { return int(l >> 1) }
func (l level) underKey() bool { return l&1 != 0 }

// levels says from which clocks on the structs of a client have other levels. Most
// structs stand where the one before them does, so there are few.
type levels struct {
	index []levelMark // every levelsEvery-th of them
	rest  []byte      // the others: the clocks from the one before, and the level, as varUints
	last  uint64      // clock of the last
	since int         // how many are behind the last mark
}

// levelMark is one of levels, and where in rest those that follow it start.
type levelMark struct {
	clock uint64
	rest  uint32
	level level
}

// levelsEvery is how many levels there are from one mark to the next.
const levelsEvery = 16

func (l *levels) add(clock uint64, is level) {
	if l.since++; len(l.index) == 0 || l.since == levelsEvery {
		l.index = append(l.index, levelMark{clock, uint32(len(l.rest)), is})
		l.since = 0
	} else {
		l.rest = binary.AppendUvarint(binary.AppendUvarint(l.rest, clock-l.last), uint64(is))
	}
	l.last = clock
}

// at is the level from the last change at or before clock on, or first if there is none.
func (l *levels) at(clock uint64, first level) level {
	i := sort.Search(len(l.index), func(i int) bool { return l.index[i].clock > clock }) - 1
	if i < 0 {
		return first
	}
	m := l.index[i]
	end := len(l.rest)
	if i+1 < len(l.index) {
		end = int(l.index[i+1].rest)
	}
	at := m.clock
	for rest := l.rest[m.rest:end]; len(rest) > 0; {
		by, n := binary.Uvarint(rest)
		is, k := binary.Uvarint(rest[n:])
		if at += by; at > clock {
			break
		}
		steps.Take(1)
		m.level, rest = level(is), rest[n+k:]
	}
	return m.level
}

// levelAt is the level of the unit with this clock, which the client has.
func (c *client) levelAt(clock uint64) level {
	switch {
	case clock >= c.clock:
		return gone
	case clock == c.clock-1:
		return c.level
	case c.more == nil:
		return c.first
	}
	return c.more.levels.at(clock, c.first)
}

// stand notes the level of a struct with the given clock that is about to be appended.
func (c *client) stand(clock uint64, is level) {
	switch {
	case c.structs == 0:
		c.first = is
	case c.level != is:
		c.extra().levels.add(clock, is)
	}
	c.level = is
}

// levelOf is where s, which is about to be appended to c, stands: where its left
// or else its right neighbour does, or in its parent. The info byte of a struct
// with a neighbour need not show a map key (Y.mergeUpdates drops that bit, and Yjs
// does not look at it), but in the document it always does. c may not be in the
// document yet.
func (d *Doc) levelOf(c *client, s *yjs.Struct) level {
	switch {
	case !s.IsItem():
		return gone
	case s.HasOrigin():
		return d.levelAt(c, s.Origin)
	case s.HasRightOrigin():
		return d.levelAt(c, s.RightOrigin)
	}
	underKey := s.Info&yjs.InfoParentSub != 0
	if s.ParentName != nil {
		return newLevel(1, underKey)
	}
	around := d.levelAt(c, s.Parent).depth()
	if around == 0 {
		return newLevel(0, underKey)
	}
	return newLevel(around+1, underKey)
}

// levelAt is the level of the unit with an id, of c or of another client.
func (d *Doc) levelAt(c *client, id yjs.ID) level {
	if w := d.writer(c, id.Client); w != nil {
		return w.levelAt(id.Clock)
	}
	return gone
}

// writer is the client with this id: c, or one of the document, or nil.
func (d *Doc) writer(c *client, id uint64) *client {
	if c.id == id {
		return c
	}
	if pos, ok := d.find(id); ok {
		return &d.clients[pos]
	}
	return nil
}
