package ydoc

import (
	"math/bits"

	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// clockSet is a set of ids with a search for the next id in constant time. It is a tree of 64-bit
// words: each bit says whether the word, or the id, below it is there.
type clockSet map[clockWord]uint64

// clockWord identifies a word. At level 0 a word has 64 clocks, at each level above 64 times as
// many.
type clockWord struct {
	client, word uint64
	level        uint8
}

// clockLevels is the number of levels for all clocks, of 53 bits, with six bits a level.
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

// hasIn reports whether the set has an id from from to the clock to of the same client.
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

// lowest returns the lowest clock below a bit of the given level.
func (s clockSet) lowest(client, at uint64, level uint8) uint64 {
	for ; level > 0; level-- {
		at = at<<6 | uint64(bits.TrailingZeros64(s[clockWord{client, at, level - 1}]))
	}
	return at
}
