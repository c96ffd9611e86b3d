package ydoc

import (
	"math/bits"
	"math/rand/v2"

	"github.com/civicpress/civic-realtime/codec/steps"
)

// suffixHash is a hash of bytes from which a prefix can be removed without reading the rest: a
// polynomial modulo a prime.
type suffixHash uint64

const hashPrime = 1<<61 - 1

// hashBase is random, so that no client can choose bytes that collide.
var hashBase = 256 + rand.Uint64N(hashPrime-256)

func hashOf(b []byte) (h suffixHash) {
	steps.Take(1 + len(b)/8)
	for _, c := range b {
		h = suffixHash(addMod(mulMod(uint64(h), hashBase), uint64(c)+1))
	}
	return h
}

// drop removes the prefix b, after which n more bytes were hashed.
func (h *suffixHash) drop(b []byte, n int) {
	power := uint64(1)
	for square := hashBase; n > 0; n >>= 1 {
		if n&1 != 0 {
			power = mulMod(power, square)
		}
		square = mulMod(square, square)
	}
	*h = suffixHash(addMod(uint64(*h), hashPrime-mulMod(uint64(hashOf(b)), power)))
}

func addMod(a, b uint64) uint64 {
	if a += b; a >= hashPrime {
		a -= hashPrime
	}
	return a
}

// mulMod multiplies numbers below the prime, 2^61-1, modulo which 2^64 is 8.
func mulMod(a, b uint64) uint64 {
	high, low := bits.Mul64(a, b)
	return addMod(low&hashPrime, high<<3|low>>61)
}
