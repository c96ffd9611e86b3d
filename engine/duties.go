package engine

import "time"

// duty is something that a room does when it is due. Both functions are called with room.mu
// held.
type duty struct {
	// due returns when do is to be called, and the zero time while there is nothing to do.
	due func(r *room) time.Time
	// do makes due return a later time, or the zero time. Only a flush or a retry returns a
	// row.
	do func(r *room, now time.Time, out output) output
}

// output is what a step makes for the journal. It is passed by value, so that a step
// allocates nothing.
type output struct {
	row   []byte // to be committed before the room can go on; nil if there is none
	arena []byte // where rows are appended
}

// duties are all that a room does by itself, in the order in which a step does them. step
// does those that are due, and reschedule takes the time of the earliest, so that the two
// cannot disagree. It is set by init, as duties reschedule their room.
var duties []duty

func init() {
	duties = []duty{
		{(*room).requestDue, act((*room).sendDueRequests)},
		{(*room).keepAliveDue, act(func(r *room, _ time.Time) { r.keepAlive() })},
		{(*room).presenceDue, act((*room).tickPresence)},
		{(*room).compactingDue, act((*room).startCompacting)},
		{(*room).failureNoticeDue, act(func(r *room, _ time.Time) { r.record.NotifyFailure() })},
		{(*room).delayDue, act(func(r *room, _ time.Time) { r.delay() })},
		{(*room).flushDue, (*room).flush},
		{(*room).retryDue, (*room).retryRow}, // after flush, which makes no row while one waits
		{(*room).saveDue, act(func(r *room, _ time.Time) { r.handToSaver(false) })},
		{(*room).unloadDue, act(func(r *room, _ time.Time) { r.handToSaver(false) })},
		{(*room).compressDue, act(func(r *room, _ time.Time) { r.handToSaver(true) })},
		{(*room).recordDue, act(func(r *room, _ time.Time) { r.record.Sync() })},
	}
}

// act is the do of a duty that makes no row.
func act(do func(r *room, now time.Time)) func(*room, time.Time, output) output {
	return func(r *room, now time.Time, out output) output {
		do(r, now)
		return out
	}
}

// step does what is due in the room at now. If that makes a row it returns it, appended to
// arena. mu is held.
func (r *room) step(now time.Time, arena []byte) (row, _ []byte) {
	if r.state == stateGone {
		return nil, arena
	}
	if r.presence.HasChanges() { // and a row that waits may have taken their flush
		r.schedulePresence(now)
	}
	out := r.perform(duties, now, output{arena: arena})
	r.reschedule()
	return out.row, out.arena
}

// perform does the duties that are due at now.
func (r *room) perform(duties []duty, now time.Time, out output) output {
	for i := range duties {
		if d := &duties[i]; reached(d.due(r), now) {
			out = d.do(r, now, out)
		}
	}
	return out
}

// reschedule has the flusher call step when a duty is due next; mu is held.
func (r *room) reschedule() {
	if r.state == stateGone {
		return
	}
	if t := r.nextDue(duties); !t.IsZero() {
		r.e.sched.at(r, t)
	}
}

// nextDue returns when the first of the duties is due, and the zero time if none is.
func (r *room) nextDue(duties []duty) (first time.Time) {
	for i := range duties {
		first = earliest(first, duties[i].due(r))
	}
	return first
}

func (r *room) requestDue() time.Time       { return r.reminder }
func (r *room) flushDue() time.Time         { return r.pacing.flushAt }
func (r *room) retryDue() time.Time         { return r.commit.refused.retryAt }
func (r *room) failureNoticeDue() time.Time { return r.record.FailureNoticeDue() }
func (r *room) recordDue() time.Time        { return r.record.Due() }

// presenceDue returns when a state, cursor or user of the room times out next.
func (r *room) presenceDue() time.Time { return r.presence.NextTick() }

// tickPresence ends what has timed out, and has the others sent that.
func (r *room) tickPresence(now time.Time) {
	if r.presence.Tick(now); r.presence.HasChanges() {
		r.schedulePresence(now)
	}
}

// retryRow returns the row that the store has refused for one more attempt.
func (r *room) retryRow(_ time.Time, out output) output {
	out.row = r.commit.refused.take()
	return out
}

// handToSaver queues the room at the saver, which only compresses its document if so asked.
func (r *room) handToSaver(compressOnly bool) {
	r.saving.queued, r.saving.compressOnly = true, compressOnly
	r.e.saver.add(r)
}
