package snapshot

import "math/rand/v2"

// incarnationRandom is how many of the low bits of an incarnation are random. The others are the
// milliseconds since 1970, which fit until 2109.
const incarnationRandom = 22

// NewIncarnation returns the incarnation of a document that is begun at a time in milliseconds
// since 1970. It is never 0, and greater than those that were made in an earlier millisecond. Two
// that are made in one millisecond are the same in one case in four million.
func NewIncarnation(now int64) uint64 {
	return uint64(max(now, 1))<<incarnationRandom | rand.Uint64N(1<<incarnationRandom)
}

// Newer reports whether the document of incarnation a was begun after that of b. now is the time in
// milliseconds since 1970. The first releases made incarnations that are random as a whole: one
// whose time is more than a day in the future counts as older than all others but 0.
func Newer(a, b uint64, now int64) bool {
	return age(a, now) > age(b, now)
}

// age is greater for documents that were begun later.
func age(incarnation uint64, now int64) uint64 {
	const day = 24 * 60 * 60 * 1000
	if incarnation>>incarnationRandom > uint64(max(now, 0)+day) {
		return min(incarnation, 1)
	}
	return incarnation
}
