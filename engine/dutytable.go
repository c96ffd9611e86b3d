package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// init sets the table.
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
		{(*room).announceDue, act(func(r *room, _ time.Time) { r.announceChange() })},
		{(*room).saveRequestDue, act(func(r *room, _ time.Time) { r.handToSaver(false) })},
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

func (r *room) requestDue() time.Time { return r.reminder }

func (r *room) flushDue() time.Time { return r.pacing.flushAt }

func (r *room) retryDue() time.Time { return r.commit.refused.retryAt }

func (r *room) failureNoticeDue() time.Time { return r.record.FailureNoticeDue() }

func (r *room) recordDue() time.Time { return r.record.Due() }

// presenceDue returns when a state, cursor or user of the room times out next.
func (r *room) presenceDue() time.Time { return r.presence.NextTick() }

// tickPresence removes presence that has timed out, and schedules that others are sent the change.
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

// handToSaver puts the room in the saver's queue. With compressOnly the saver compresses the
// document and saves nothing.
func (r *room) handToSaver(compressOnly bool) {
	r.saving.queued, r.saving.compressOnly = true, compressOnly
	r.e.saver.add(r)
}

// flush takes a cut. If it is a little late it counts for the time at which it was due, so that the
// next flush is not late too. It does nothing if everything has been sent meanwhile.
func (r *room) flush(now time.Time, out output) output {
	due := r.pacing.flushAt
	if r.pacing.flushAt = (time.Time{}); !r.needsFlush() {
		return out
	}
	if now.Sub(due) > r.e.TickInterval() {
		due = now
	}
	r.pacing.lastFlush = r.e.windowOf(due)
	r.readFrom.Store(int64(r.e.nextRead(r.pacing.lastFlush)))
	out.row, out.arena = r.takeCut(out.arena)
	return out
}

// step does the duties that are due at now. If that makes a row it is appended to arena and
// returned. mu is held.
func (r *room) step(now time.Time, arena []byte) (row, _ []byte) {
	if r.state == stateGone {
		return nil, arena
	}
	if r.presence.HasChanges() { // which a flush may not have sent, as a row waited
		r.schedulePresence(now)
	}
	out := r.perform(duties, now, output{arena: arena})
	r.reschedule()
	return out.row, out.arena
}

// perform does the duties that are due at now.
func (r *room) perform(duties []duty, now time.Time, out output) output {
	for i := range duties {
		if d := &duties[i]; schedule.Reached(d.due(r), now) {
			out = d.do(r, now, out)
		}
	}
	return out
}
