package ydoc

import (
	"encoding/binary"
	"errors"
	"sort"

	"github.com/civicpress/civic-realtime/codec/steps"
)

// MaxNesting is how deep types may be nested. Clients delete and read them by recursion, and would
// throw at some thousand levels. An update of a few kilobytes can have as many.
const MaxNesting = 200

// ErrNesting is the error for a type that is nested deeper than MaxNesting.
var ErrNesting = errors.New("types nested too deeply")

// nesting is the depth of a struct, the number of types that contain it, roots included, shifted by
// one; the lowest bit is set if the struct is a value of a map key. The depth of GC is 0, and
// so is that of structs that integration makes GC because they are next to or in GC.
type nesting uint16

const noNesting nesting = 0

func newNesting(depth int, underKey bool) nesting {
	if underKey {
		return nesting(depth<<1 | 1)
	}
	return nesting(depth << 1)
}

func (l nesting) depth() int     { return int(l >> 1) }
func (l nesting) underKey() bool { return l&1 != 0 }

// nestings has the nestings of a client's structs, as the clocks at which they change. Most structs
// have the nesting of the struct before, so there are few changes.
type nestings struct {
	index []nestingMark // every nestingsEvery-th change
	rest  []byte        // the other changes: distance in clocks and nesting, as varUints
	last  uint64        // clock of the last change
	since int           // number of changes after the last in index
}

// nestingMark is a change, and the offset in rest of the changes after it.
type nestingMark struct {
	clock   uint64
	rest    uint32
	nesting nesting
}

// nestingsEvery is the number of changes from one in the index to the next.
const nestingsEvery = 16

func (l *nestings) add(clock uint64, is nesting) {
	if l.since++; len(l.index) == 0 || l.since == nestingsEvery {
		l.index = append(l.index, nestingMark{clock, uint32(len(l.rest)), is})
		l.since = 0
	} else {
		l.rest = binary.AppendUvarint(binary.AppendUvarint(l.rest, clock-l.last), uint64(is))
	}
	l.last = clock
}

// at returns the nesting at a clock. first is the nesting before any change.
func (l *nestings) at(clock uint64, first nesting) nesting {
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
		m.nesting, rest = nesting(is), rest[n+k:]
	}
	return m.nesting
}

// nestingAt returns the nesting of the unit with a clock.
func (c *client) nestingAt(clock uint64) nesting {
	switch {
	case clock >= c.clock:
		return noNesting
	case clock == c.clock-1:
		return c.lastNesting
	case c.index == nil:
		return c.firstNesting
	}
	return c.index.nestings.at(clock, c.firstNesting)
}

// setNesting records the nesting of a struct that is about to be appended.
func (c *client) setNesting(clock uint64, is nesting) {
	switch {
	case c.structs == 0:
		c.firstNesting = is
	case c.lastNesting != is:
		c.makeIndex().nestings.add(clock, is)
	}
	c.lastNesting = is
}
