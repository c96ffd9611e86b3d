package snapshot

import (
	"math"
	"testing"
	"time"
)

// TestIncarnations shows that later documents have greater incarnations, that two of one moment
// differ, and how those of the first releases, which are random, are ordered: before all others.
func TestIncarnations(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	made := map[uint64]bool{}
	for range 64 {
		made[NewIncarnation(now)] = true
	}
	if len(made) < 2 {
		t.Error("all of one moment are the same")
	}
	for first := range made {
		if later := NewIncarnation(now + 1); first >= later || Rank(first) != first {
			t.Errorf("%x, %x: %x", first, later, Rank(first))
		}
		last := uint64(0)
		for _, random := range []uint64{0, 1, 1 << 40, 1<<63 | 5, math.MaxUint64} {
			if rank := Rank(random); rank <= last || rank >= first {
				t.Errorf("%x has the rank %x, after %x", random, rank, last)
			} else {
				last = rank
			}
		}
	}
	if NewIncarnation(0) == 0 {
		t.Error("an incarnation is 0")
	}
}

// TestLaterIncarnation shows that a later incarnation has a higher rank, also than one of a clock
// that runs ahead, or of the first releases.
func TestLaterIncarnation(t *testing.T) {
	now := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	for _, than := range []uint64{
		0, 1, 1<<63 | 5, NewIncarnation(now), NewIncarnation(now + 1e9), NewIncarnation(now - 1e9),
	} {
		for range 16 {
			if got := LaterIncarnation(now, than); Rank(got) <= Rank(than) {
				t.Errorf("%x after %x", got, than)
			}
		}
	}
}
