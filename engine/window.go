package engine

import "time"

// presenceWindows is for how many windows after a flush presence waits for something else to
// go with: most who move a caret also write, and each flush is a write to every peer.
const presenceWindows = 5

// scheduleFlush makes the next flush due, as there is more than presence to tell: at once in
// a room where nothing was flushed for a window, else when the window is over.
func (r *room) scheduleFlush(now time.Time) {
	if !r.flushAt.IsZero() && !r.presenceOnly {
		return
	}
	r.presenceOnly = false
	at := now
	if end := r.lastFlush.Add(r.e.cfg.Window); now.Before(end) {
		at = r.e.windowEnd(end)
	}
	r.flushAt = earliest(r.flushAt, at)
	r.e.sched.at(r, r.flushAt)
}

// schedulePresence makes the next flush due, as there is news of who is here: at once in a quiet
// room, else a window from now, or with what is flushed before.
func (r *room) schedulePresence(now time.Time) {
	if !r.flushAt.IsZero() {
		return
	}
	r.presenceOnly, r.flushAt = true, now
	if window := r.e.cfg.Window; now.Before(r.lastFlush.Add(presenceWindows * window)) {
		r.flushAt = r.e.windowEnd(now.Add(window))
	}
	r.e.sched.at(r, r.flushAt)
}

// needsFlush says whether there is something to flush.
func (r *room) needsFlush() bool {
	return r.doc.HasChanges() || r.presence.HasChanges() || r.record.Unjournaled()
}

// flush is called when it is due, or later: being a little late puts off no other.
// What was to be notified may have been notified since.
func (r *room) flush(now time.Time, out output) output {
	due := r.flushAt
	if r.flushAt = (time.Time{}); !r.needsFlush() {
		return out
	}
	if now.Sub(due) > r.e.TickInterval() {
		due = now
	}
	r.lastFlush = r.e.windowOf(due)
	r.readFrom.Store(int64(r.e.nextRead(r.lastFlush)))
	out.row, out.arena = r.takeCut(out.arena)
	return out
}
