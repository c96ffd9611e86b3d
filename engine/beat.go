package engine

import "time"

// A busy server works in beats: the transport reads those who talk at every beat, and
// windows end a moment after one. So much is done each time the process wakes, which
// costs as much as reading a message or two, and nothing waits longer for it: what
// is said within a window goes out at its end, however early it is read.

// longestBeat is the time between two beats, unless the window is short.
const longestBeat = 20 * time.Millisecond

// Beat is the time between two beats: a fifth of Config.Window, at most 20 ms.
func (e *Engine) Beat() time.Duration { return max(1, min(longestBeat, e.cfg.Window/5)) }

// UntilTick is how long it is until the next beat after now. Beats are counted from
// when the engine began, by the monotonic clock: nobody's phase drifts from another's.
func (e *Engine) UntilTick(now time.Time) time.Duration {
	return e.Beat() - e.clock(now)%e.Beat()
}

// clock is how long after the engine began t is, and never zero.
func (e *Engine) clock(t time.Time) time.Duration { return t.Sub(e.began) }

// lag is how long after a beat windows end: what came until the beat has been read
// and merged by then.
func (e *Engine) lag() time.Duration { return e.Beat() / 10 }

// windowEnd is the first moment at which windows end that is not before t.
func (e *Engine) windowEnd(t time.Time) time.Time {
	t = t.Add(-e.lag() - 1)
	return t.Add(e.UntilTick(t) + e.lag())
}

// windowOf is the moment at which windows end that a flush at t counts for: a flush between
// beats for the one before, so that what comes right after it waits for no more than a window.
func (e *Engine) windowOf(t time.Time) time.Time { return e.windowEnd(t.Add(e.lag() + 1 - e.Beat())) }

// AllRead says that all that has come until the last beat has been delivered, by whoever
// delivers: windows that end with that beat may end now.
func (e *Engine) AllRead(now time.Time) {
	beat := e.clock(now) - e.clock(now)%e.Beat()
	e.allRead.Store(int64(beat))
	if next := e.sched.next(); !next.IsZero() && e.clock(next) <= beat+e.lag() {
		e.sched.rouse()
	}
}

// flushTime is now, or when windows end next if that waits for nothing any more.
func (e *Engine) flushTime(now time.Time) time.Time {
	early := time.Duration(e.allRead.Load()) + e.lag() - e.clock(now)
	if early <= 0 || early > e.lag() {
		return now
	}
	return now.Add(early)
}

// longestWait bounds Peer.MayWait: not all that comes is for the room.
const longestWait = 100 * time.Millisecond

// hearsAgain is the beat with which the window ends that began at t.
func (e *Engine) hearsAgain(t time.Time) time.Duration {
	return e.clock(t) + min(e.cfg.Window-e.lag(), longestWait)
}

// MayWait is for how long what the peer says need not be read: it would be passed on no
// sooner, as something has just been flushed in its room.
func (p *Peer) MayWait(now time.Time) time.Duration {
	return max(0, time.Duration(p.room.hears.Load())-p.room.e.clock(now))
}
