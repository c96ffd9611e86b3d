package engine

import "time"

// sociable is for how many windows after a flush presence waits for something else to
// go with: most who move a caret also write, and each flush is a write to every peer.
const sociable = 5

// touch makes the next flush due, as there is more than presence to tell: at once in
// a room where nothing was flushed for a window, else when the window is over.
func (r *room) touch(now time.Time) {
	if !r.flushAt.IsZero() && !r.patient {
		return
	}
	r.patient = false
	at := now
	if end := r.lastFlush.Add(r.e.cfg.Window); now.Before(end) {
		at = r.e.windowEnd(end)
	}
	r.flushAt = earliest(r.flushAt, at)
	r.e.sched.at(r, r.flushAt)
}

// mention makes the next flush due, as there is news of who is here: at once in a quiet
// room, else a window from now, or with what is flushed before.
func (r *room) mention(now time.Time) {
	if !r.flushAt.IsZero() {
		return
	}
	r.patient, r.flushAt = true, now
	if window := r.e.cfg.Window; now.Before(r.lastFlush.Add(sociable * window)) {
		r.flushAt = r.e.windowEnd(now.Add(window))
	}
	r.e.sched.at(r, r.flushAt)
}

// untold says whether there is something to flush.
func (r *room) untold() bool {
	return r.doc.HasChanges() || r.presence.HasChanges() || r.record.Unjournaled()
}

// flush is called when it is due, or later: being a little late puts off no other.
// What was to be told may have been told since.
func (r *room) flush(now time.Time, out output) output {
	due := r.flushAt
	if r.flushAt = (time.Time{}); !r.untold() {
		return out
	}
	if now.Sub(due) > r.e.Beat() {
		due = now
	}
	r.lastFlush = r.e.windowOf(due)
	r.hears.Store(int64(r.e.hearsAgain(r.lastFlush)))
	out.row, out.arena = r.begin(out.arena)
	return out
}
