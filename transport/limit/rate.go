package limit

import (
	"math"
	"time"
)

// Rate is the rate and burst of token buckets. Use NewRate.
type Rate struct {
	interval time.Duration // in which one token comes back
	depth    time.Duration // in which an empty bucket fills up
}

// NewRate returns a rate of perSecond tokens a second, for buckets that hold burst tokens.
func NewRate(perSecond, burst int) Rate {
	r := Rate{interval: max(1, time.Second/time.Duration(perSecond))}
	r.depth = r.interval * min(time.Duration(burst), math.MaxInt64/4/r.interval) // years
	return r
}

// Bucket is a token bucket: the time at which it will be full again. The zero value is full.
// Many buckets share one Rate and one clock, so neither is part of it.
type Bucket time.Duration

// used returns the time in which the tokens that were taken come back.
func (b Bucket) used(now time.Duration) time.Duration { return max(0, time.Duration(b)-now) }

// Used returns the part of the burst that is used up, from 0 to 1.
func (b Bucket) Used(r Rate, now time.Duration) float64 {
	return float64(b.used(now)) / float64(r.depth)
}

// Wait returns the time until there is a token, 0 if there is one.
func (b Bucket) Wait(r Rate, now time.Duration) time.Duration {
	return max(0, b.used(now)+r.interval-r.depth)
}

// Take takes a token, in advance if there is none.
func (b *Bucket) Take(r Rate, now time.Duration) {
	*b = Bucket(now + b.used(now) + r.interval)
}
