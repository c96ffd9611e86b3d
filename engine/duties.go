package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// duty is something that a room does when it is due. Both functions are called with room.mu held.
type duty struct {
	// due returns when do is to be called, and the zero time while there is nothing to do.
	due func(r *room) time.Time
	// do makes due return a later time, or the zero time. Only a flush or a retry returns a
	// row.
	do func(r *room, now time.Time, out output) output
}

// output is the row that a step makes for the journal. It is passed by value, so that a step
// allocates nothing.
type output struct {
	row   []byte // to be committed before the room can go on; nil if there is none
	arena []byte // where rows are appended
}

// duties are all that a room does by itself, in the order in which a step does them. step
// does those that are due, and reschedule takes the time of the earliest, so that the two
// cannot disagree. It is set by init, as duties reschedule their room.
var duties []duty

// reschedule makes the flusher call step when the next duty is due, and updates the room's stats.
// mu is held.
func (r *room) reschedule() {
	r.updateStats(time.Now())
	if r.state == stateGone {
		return
	}
	if t := r.nextDue(duties); !t.IsZero() {
		r.scheduleAt(t)
	}
}

// nextDue returns when the first of the duties is due, and the zero time if none is.
func (r *room) nextDue(duties []duty) (first time.Time) {
	for i := range duties {
		first = schedule.Earliest(first, duties[i].due(r))
	}
	return first
}
