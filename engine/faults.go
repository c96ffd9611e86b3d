package engine

import (
	"slices"
	"time"
)

// faults are what a peer did wrong.
type faults struct {
	invalid []time.Time // malformed messages within the last minute
	denied  []*Denial   // what it was told, if its protocol has no errors
}

func (p *Peer) blame() *faults {
	if p.faults == nil {
		p.faults = new(faults)
	}
	return p.faults
}

// invalidAt notes a malformed message, and returns how many there were within a minute.
func (f *faults) invalidAt(now time.Time) int {
	for len(f.invalid) > 0 && now.Sub(f.invalid[0]) >= time.Minute {
		f.invalid = f.invalid[1:]
	}
	f.invalid = append(f.invalid, now)
	return len(f.invalid)
}

// deniedFor notes that it was denied something, and says whether that is the first time.
func (f *faults) deniedFor(why *Denial) bool {
	if slices.Contains(f.denied, why) {
		return false
	}
	f.denied = append(f.denied, why)
	return true
}
