package ydoc

import (
	"math/bits"

	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// clockSet is a set of ids in which a search for the next one takes a few steps, however many there
// are: a tree of 64-bit words, each bit of which says whether there is a word, or an id, below.
type clockSet map[clockWord]uint64

// clockWord names a word. At level 0 it holds 64 clocks, at each level above 64 times as many.
type clockWord struct {
	client, word uint64
	level        uint8
}

// clockLevels is how many levels hold all clocks, with six bits a level.
const clockLevels = 9

func (s clockSet) add(id yjs.ID) {
	for at, level := id.Clock, uint8(0); level < clockLevels; level++ {
		steps.Take(1)
		key := clockWord{id.Client, at >> 6, level}
		word := s[key]
		s[key] = word | 1<<(at&63)
		if word != 0 {
			return
		}
		at >>= 6
	}
}

// hasIn says whether the set has an id of the same client from from to the clock to.
func (s clockSet) hasIn(from yjs.ID, to uint64) bool {
	at := from.Clock
	for level := uint8(0); level < clockLevels; level++ {
		steps.Take(1)
		if word := s[clockWord{from.Client, at >> 6, level}] >> (at & 63) << (at & 63); word != 0 {
			return s.lowest(from.Client, at>>6<<6|uint64(bits.TrailingZeros64(word)), level) <= to
		}
		at = at>>6 + 1
	}
	return false
}

// lowest is the lowest clock below a bit of the given level.
func (s clockSet) lowest(client, at uint64, level uint8) uint64 {
	for ; level > 0; level-- {
		at = at<<6 | uint64(bits.TrailingZeros64(s[clockWord{client, at, level - 1}]))
	}
	return at
}
