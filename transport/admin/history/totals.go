package history

import (
	"slices"
	"time"
)

// Totals are what a server has at a time, and what it has counted since it began.
type Totals struct {
	At          time.Time `json:"at"`
	People      int       `json:"people"` // clients in rooms
	Rooms       int       `json:"rooms"`
	Connections int       `json:"connections"`

	FailingRooms     int   `json:"failing_rooms"`
	MemoryBytes      int64 `json:"memory_bytes"`
	MemoryLimitBytes int64 `json:"memory_limit_bytes"` // 0: there is none

	Updates     uint64  `json:"updates"`
	FailedSaves uint64  `json:"failed_saves"`
	Refused     uint64  `json:"refused"` // clients
	Delays      Buckets `json:"delays"`
	Commits     Buckets `json:"commits"`
}

// Buckets are a histogram of times. Counts[i] of them took at most Bounds[i] seconds, and the last
// element of Counts is the number of all: it has one more than Bounds.
type Buckets struct {
	Bounds []float64 `json:"bounds"`
	Counts []uint64  `json:"counts"`
}

// since returns the times that came after an earlier reading.
func (b Buckets) since(before Buckets) Buckets {
	if !slices.Equal(b.Bounds, before.Bounds) || len(b.Counts) != len(before.Counts) {
		return b
	}
	counts := make([]uint64, len(b.Counts))
	for i := range counts {
		counts[i] = difference(before.Counts[i], b.Counts[i])
	}
	return Buckets{b.Bounds, counts}
}

// quantile estimates the time that a part q of all took at most, in seconds: times are taken to be
// spread evenly over their bucket, and those above the last bound to be there. It is nil if there
// are none.
func (b Buckets) quantile(q float64) *float64 {
	if len(b.Counts) != len(b.Bounds)+1 || len(b.Bounds) == 0 || b.Counts[len(b.Bounds)] == 0 {
		return nil
	}
	rank := q * float64(b.Counts[len(b.Bounds)])
	low, under := 0.0, uint64(0)
	for i, bound := range b.Bounds {
		if n := b.Counts[i]; float64(n) >= rank && n > under {
			return new(low + (bound-low)*(rank-float64(under))/float64(n-under))
		}
		low, under = bound, b.Counts[i]
	}
	return new(low)
}

// difference returns by how much a counter has grown.
func difference(before, after uint64) uint64 { return max(before, after) - before }
