package engine

import "time"

// Expiries in the store are times of the wall clock, which may jump: when a machine starts with a
// wrong time, or somebody sets it. A jump ahead would make everything expire at once that has no
// other copy. So nothing is dropped for jumpHold after one: the clock may be set back meanwhile.
const (
	// clockJump is the least jump that counts. Corrections of a clock that runs are smaller.
	clockJump = time.Minute
	jumpHold  = 24 * time.Hour
)

// steadyClock notices when the wall clock jumps ahead of monotonic time. It has no lock.
type steadyClock struct {
	wall     func(time.Time) time.Time // returns a time as the wall clock shows it; tests set it
	last     time.Time                 // monotonic, of the last check
	lastWall time.Time                 // the wall clock's then
	ahead    time.Duration             // of jumps ahead, as far as no jump back has undone them
	heldTo   time.Time                 // monotonic; when ahead is forgotten
}

func newSteadyClock(now time.Time) steadyClock {
	return steadyClock{wall: withoutMonotonic, last: now, lastWall: withoutMonotonic(now)}
}

// withoutMonotonic strips the monotonic reading of t, so that it is compared by the wall clock.
func withoutMonotonic(t time.Time) time.Time { return t.Round(0) }

// check returns how far the wall clock has jumped ahead since the last call, 0 if it has not, and
// whether there was a jump ahead in the last jumpHold that has not been undone.
func (c *steadyClock) check(now, wall time.Time) (jump time.Duration, held bool) {
	jump = wall.Sub(c.lastWall) - now.Sub(c.last)
	c.last, c.lastWall = now, wall
	if jump.Abs() < clockJump {
		jump = 0
	} else if c.ahead = max(0, c.ahead+jump); jump > 0 {
		c.heldTo = now.Add(jumpHold)
	}
	if !now.Before(c.heldTo) {
		c.ahead = 0
	}
	return max(0, jump), c.ahead >= clockJump
}
