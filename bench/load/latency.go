package load

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Latencies is a histogram of times. The width of its buckets is 1/32 of the power of two below,
// from a microsecond on. It is safe for concurrent use.
type Latencies struct{ counts *[buckets]atomic.Uint32 }

const (
	perOctave = 32
	octaves   = 27 // above the first 32 µs: more than an hour
	buckets   = perOctave * (octaves + 1)
)

// NewLatencies returns empty Latencies.
func NewLatencies() Latencies { return Latencies{new([buckets]atomic.Uint32)} }

// Add counts d.
func (l Latencies) Add(d time.Duration) { l.counts[bucket(d)].Add(1) }

// AddAll counts what others have counted.
func (l Latencies) AddAll(others Latencies) {
	for i := range l.counts {
		l.counts[i].Add(others.counts[i].Load())
	}
}

func bucket(d time.Duration) int {
	us := uint64(max(0, d.Microseconds()))
	octave := bits.Len64(us / perOctave)
	if octave == 0 {
		return int(us)
	}
	within := us>>(octave-1) - perOctave
	return min(buckets-1, octave*perOctave+int(within))
}

// above returns the first time that belongs to a later bucket.
func above(bucket int) time.Duration {
	octave, within := bucket/perOctave, bucket%perOctave
	if octave == 0 {
		return time.Duration(within+1) * time.Microsecond
	}
	return time.Duration(perOctave+within+1) << (octave - 1) * time.Microsecond
}

// Count returns how many times were counted.
func (l Latencies) Count() (n uint64) {
	for i := range l.counts {
		n += uint64(l.counts[i].Load())
	}
	return n
}

// Quantile returns the upper end of the bucket that has quantile q, 0 if nothing was counted.
func (l Latencies) Quantile(q float64) time.Duration {
	left := l.Count()
	if left == 0 {
		return 0
	}
	left = max(1, uint64(q*float64(left)+0.999999))
	for i := range l.counts {
		n := uint64(l.counts[i].Load())
		if n >= left {
			return above(i)
		}
		left -= n
	}
	return above(buckets - 1)
}
