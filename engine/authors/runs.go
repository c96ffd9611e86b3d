package authors

import (
	"math"
	"sort"

	"github.com/civicpress/civic-realtime/codec/steps"
)

// run begins the units of a client that a user wrote. It ends where the next one begins.
type run struct {
	clock uint64
	user  uint32
}

// client is what is known of a client id. A clock before the first run is of nobody.
type client struct {
	id      uint64
	runs    []run
	deleted ranges
	// open is set if rows that say nothing of the client are of the user of its last run.
	open bool
}

// last returns the user of the last run.
func (c *client) last() uint32 {
	if c == nil || len(c.runs) == 0 {
		return Nobody
	}
	return c.runs[len(c.runs)-1].user
}

// next returns the user of later structs of the client, of which a row says nothing.
func (c *client) next() uint32 {
	if c == nil || !c.open {
		return Nobody
	}
	return c.last()
}

// find returns the user who wrote a clock, and the clock up to which that holds. ok is false if the
// clock is before the first run.
func (c *client) find(clock uint64) (user uint32, until uint64, ok bool) {
	steps.Take(1)
	i := sort.Search(len(c.runs), func(i int) bool { return c.runs[i].clock > clock })
	if until = math.MaxUint64; i < len(c.runs) {
		until = c.runs[i].clock
	}
	if i == 0 {
		return Nobody, until, false
	}
	return c.runs[i-1].user, until, true
}

// begin begins a run, which is after all others.
func (c *client) begin(clock uint64, user uint32) {
	n := len(c.runs)
	switch {
	case n > 0 && c.runs[n-1].user == user:
	case n > 0 && c.runs[n-1].clock == clock:
		c.runs[n-1].user = user
	case n == 0 || c.runs[n-1].clock < clock:
		c.runs = append(c.runs, run{clock, user})
	}
}

// size returns the number of runs and ranges.
func (c *client) size() int { return len(c.runs) + c.deleted.len }
