package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// # Pacing
//
// Pacing decides when input is read, when a room flushes and when the flusher commits, so that a
// busy server wakes, commits and sends once a tick, and no edit waits longer for it than
// Config.Window.
//
//	tick         tick         tick         tick         tick     every TickInterval
//	 │            │            │            │            │
//	 ├ pollers read the active connections, which are not waiting (Peer.MayWait)
//	 ├ AllRead: all that came until this tick is merged
//	 ├─┐ lag      ├─┐          ├─┐          ├─┐          ├─┐
//	   │windowEnd   │            │            │            │  windows end here, and nowhere else
//	   │
//	   ▼                                                   ▼
//	 flush ◀───────────────── Config.Window ──────────▶ next flush of the same room
//	   └ the flusher commits the rows of all rooms that are due, and rests until windows
//	     end next
//
//   - An update makes its room's flush due (scheduleFlush): at once if nothing was flushed for
//     a window, else when the window is over.
//   - Presence alone (schedulePresence) waits for an update to go with, for a window.
//   - A room's next time is in the schedule (package schedule), which the flusher waits for
//     (package groupcommit). A flush that is due at the end of a window may be early by lag,
//     when AllRead says that nothing is left to wait for.
//   - Input that comes right after a flush of its room would be sent no sooner if it were read
//     at once. Peer.MayWait says how long it can wait, and the poller reads it then.

// pacing has the times of a room's flushes. Guarded by room.mu.
type pacing struct {
	flushAt      time.Time // when the next flush is due; zero when nothing waits for one
	presenceOnly bool      // nothing but presence waits for it
	lastFlush    time.Time // Engine.windowOf the last flush
}

// maxTick is the time between two ticks, unless the window is short.
const maxTick = 20 * time.Millisecond

// TickInterval is the time between two ticks: a fifth of Config.Window, at most 20 ms.
func (e *Engine) TickInterval() time.Duration { return max(1, min(maxTick, e.cfg().Window/5)) }

// UntilTick returns how long it is from now until the next tick. Ticks are counted from when
// the engine began, by the monotonic clock, so that those of all pollers coincide.
func (e *Engine) UntilTick(now time.Time) time.Duration {
	return e.TickInterval() - e.clock(now)%e.TickInterval()
}

// lag is how long after a tick windows end. Everything that came until the tick has been read and
// merged by then.
func (e *Engine) lag() time.Duration { return e.TickInterval() / 10 }

// windowEnd returns the first moment at which windows end that is not before t.
func (e *Engine) windowEnd(t time.Time) time.Time {
	t = t.Add(-e.lag() - 1)
	return t.Add(e.UntilTick(t) + e.lag())
}

// windowOf returns the end of the window that a flush at t counts for. A flush between two ticks
// counts for the earlier one, so that input that comes right after it waits no longer than a
// window.
func (e *Engine) windowOf(t time.Time) time.Time {
	return e.windowEnd(t.Add(e.lag() + 1 - e.TickInterval()))
}

// AllRead notes that all input until the last tick has been delivered, so that windows that end
// with that tick may end now. The goroutine that delivers calls it.
func (e *Engine) AllRead(now time.Time) {
	tick := e.clock(now) - e.clock(now)%e.TickInterval()
	e.allRead.Store(int64(tick))
	if next := e.sched.Next(); !next.IsZero() && e.clock(next) <= tick+e.lag() {
		e.sched.WakeUp()
	}
}

// flushTime returns the time up to which flushes are due: now, or the next end of windows if there
// is no input left to wait for.
func (e *Engine) flushTime(now time.Time) time.Time {
	early := time.Duration(e.allRead.Load()) + e.lag() - e.clock(now)
	if early <= 0 || early > e.lag() {
		return now
	}
	return now.Add(early)
}

// maxReadWait bounds Peer.MayWait, as some input is not for the room.
const maxReadWait = 100 * time.Millisecond

// nextRead returns the tick with which the window ends that began at t, by the engine's clock.
func (e *Engine) nextRead(t time.Time) time.Duration {
	return e.clock(t) + min(e.cfg().Window-e.lag(), maxReadWait)
}

// MayWait returns for how long the peer's input need not be read: it would be sent to others no
// sooner, as its room has just been flushed. It takes no lock.
func (p *Peer) MayWait(now time.Time) time.Duration {
	return max(0, time.Duration(p.room.readFrom.Load())-p.room.e.clock(now))
}

// presenceWindows is for how many windows after a flush presence waits for an update to go with:
// most users who move a caret also write, and each flush is a write to every peer.
const presenceWindows = 5

// scheduleFlush makes the next flush due, as there is more than presence to send: at once if
// nothing was flushed for a window, else when the window is over. mu is held.
func (r *room) scheduleFlush(now time.Time) {
	p := &r.pacing
	if !p.flushAt.IsZero() && !p.presenceOnly {
		return
	}
	p.presenceOnly = false
	at := now
	if end := p.lastFlush.Add(r.e.cfg().Window); now.Before(end) {
		at = r.e.windowEnd(end)
	}
	p.flushAt = schedule.Earliest(p.flushAt, at)
	r.scheduleAt(p.flushAt)
}

// flushAtOnce makes a flush due now. mu is held.
func (r *room) flushAtOnce(now time.Time) {
	r.pacing.presenceOnly, r.pacing.flushAt = false, now
	r.scheduleAt(now)
}

// schedulePresence makes the next flush due, as presence has changed: at once if nothing was
// flushed for some windows, else a window from now, or with a flush before. mu is held.
func (r *room) schedulePresence(now time.Time) {
	p := &r.pacing
	if !p.flushAt.IsZero() {
		return
	}
	p.presenceOnly, p.flushAt = true, now
	if window := r.e.cfg().Window; now.Before(p.lastFlush.Add(presenceWindows * window)) {
		p.flushAt = r.e.windowEnd(now.Add(window))
	}
	r.scheduleAt(p.flushAt)
}

// needsFlush reports whether there is something to flush.
func (r *room) needsFlush() bool {
	return r.doc.HasChanges() || r.presence.HasChanges() || r.record.Unjournaled()
}
