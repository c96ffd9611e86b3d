package transport

import (
	"math"
	"time"
)

// rate is the form of a token bucket: a token comes back every interval, and what
// a full bucket holds takes depth to come back.
type rate struct {
	interval, depth time.Duration
}

func newRate(perSecond, burst int) rate {
	r := rate{interval: max(1, time.Second/time.Duration(perSecond))}
	r.depth = r.interval * min(time.Duration(burst), math.MaxInt64/4/r.interval) // years
	return r
}

// bucket is when a token bucket will be full again. The zero value is full. It
// needs its rate and the time to mean anything, which are the same for many.
type bucket time.Duration

// used is how much has been taken and is not back, as the time that it takes.
func (b bucket) used(now time.Duration) time.Duration { return max(0, time.Duration(b)-now) }

// share is how much of the burst is used up, from 0 to 1.
func (b bucket) share(r rate, now time.Duration) float64 {
	return float64(b.used(now)) / float64(r.depth)
}

// wait is how long there will be no token.
func (b bucket) wait(r rate, now time.Duration) time.Duration {
	return max(0, b.used(now)+r.interval-r.depth)
}

// take takes a token, also one that is still to come.
func (b *bucket) take(r rate, now time.Duration) {
	*b = bucket(now + b.used(now) + r.interval)
}
