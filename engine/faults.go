package engine

import "time"

// faults are what a peer did wrong.
type faults struct {
	invalid []time.Time // malformed messages within the last minute
	shutOut bool        // it is to be closed for an update that could not be read
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
