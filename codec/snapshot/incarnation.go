package snapshot

import "math/rand/v2"

// An incarnation has the milliseconds since 1970 in its 42 highest bits, which last until 2109, 10
// bits that are made of these, and 12 random bits. The first releases made incarnations that are
// random as a whole, which the 10 bits show.
const (
	incarnationRandom = 12
	incarnationCheck  = 10
	incarnationShift  = incarnationRandom + incarnationCheck
)

// NewIncarnation returns the incarnation of a document that is begun at a time in milliseconds
// since 1970. It is never 0, and greater than those that were made in an earlier millisecond. Two
// that are made in one millisecond are the same in one case in 4,096.
func NewIncarnation(now int64) uint64 {
	ms := uint64(max(now, 1))
	return ms<<incarnationShift | checkOf(ms)<<incarnationRandom |
		rand.Uint64N(1<<incarnationRandom)
}

func checkOf(ms uint64) uint64 { return ms * 0x9E3779B97F4A7C15 >> (64 - incarnationCheck) }

// Rank returns the number by which incarnations are ordered, and under which documents are known
// outside of snapshots: never 0, the incarnation itself if it has a time, and a lesser number for
// those of the first releases.
func Rank(incarnation uint64) uint64 {
	ms := incarnation >> incarnationShift
	switch {
	case incarnation == 0:
		return 1
	case incarnation>>incarnationRandom&(1<<incarnationCheck-1) == checkOf(ms) && ms > earliest:
		return incarnation
	}
	return incarnation>>2 + 2
}

// earliest is before the first incarnation that has a time, in milliseconds since 1970: its bits
// are above those of any other Rank.
const earliest = 1 << 40

// LaterIncarnation is NewIncarnation, but that its Rank is higher than that of an earlier one,
// which a clock that ran ahead may have made.
func LaterIncarnation(now int64, than uint64) uint64 {
	if Rank(than) == than {
		now = max(now, int64(than>>incarnationShift)+1)
	}
	return NewIncarnation(now)
}
