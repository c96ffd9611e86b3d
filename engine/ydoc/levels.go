package ydoc

import (
	"encoding/binary"
	"errors"
	"sort"

	"github.com/civicpress/civic-realtime/codec/steps"
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

func (l level) depth() int { return int(l >> 1) }

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

// MaxNesting is how deep types may nest. Clients delete and read them by
// recursion: some thousand levels, in an update of a few kilobytes, make that throw.
const MaxNesting = 200

// ErrNesting is a type nested deeper than MaxNesting.
var ErrNesting = errors.New("types nested too deeply")
