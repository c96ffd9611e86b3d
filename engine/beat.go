package engine

import "time"

// A busy server works in ticks: the transport reads those who talk at every tick, and
// windows end a moment after one. So much is done each time the process wakes, which
// costs as much as reading a message or two, and nothing waits longer for it: what
// is said within a window goes out at its end, however early it is read.

// maxTick is the time between two ticks, unless the window is short.
const maxTick = 20 * time.Millisecond

// TickInterval is the time between two ticks: a fifth of Config.Window, at most 20 ms.
func (e *Engine) TickInterval() time.Duration { return max(1, min(maxTick, e.cfg.Window/5)) }

// UntilTick is how long it is until the next tick after now. Ticks are counted from
// when the engine began, by the monotonic clock: nobody's phase drifts from another's.
func (e *Engine) UntilTick(now time.Time) time.Duration {
	return e.TickInterval() - e.clock(now)%e.TickInterval()
}

// clock is how long after the engine began t is, and never zero.
func (e *Engine) clock(t time.Time) time.Duration { return t.Sub(e.began) }

// lag is how long after a tick windows end: what came until the tick has been read
// and merged by then.
func (e *Engine) lag() time.Duration { return e.TickInterval() / 10 }

// windowEnd is the first moment at which windows end that is not before t.
func (e *Engine) windowEnd(t time.Time) time.Time {
	t = t.Add(-e.lag() - 1)
	return t.Add(e.UntilTick(t) + e.lag())
}

// windowOf is the moment at which windows end that a flush at t counts for: a flush between
// ticks for the one before, so that what comes right after it waits for no more than a window.
func (e *Engine) windowOf(t time.Time) time.Time {
	return e.windowEnd(t.Add(e.lag() + 1 - e.TickInterval()))
}

// AllRead says that all that has come until the last tick has been delivered, by whoever
// delivers: windows that end with that tick may end now.
func (e *Engine) AllRead(now time.Time) {
	tick := e.clock(now) - e.clock(now)%e.TickInterval()
	e.allRead.Store(int64(tick))
	if next := e.sched.next(); !next.IsZero() && e.clock(next) <= tick+e.lag() {
		e.sched.wakeUp()
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

// nextRead is the tick with which the window ends that began at t.
func (e *Engine) nextRead(t time.Time) time.Duration {
	return e.clock(t) + min(e.cfg.Window-e.lag(), longestWait)
}

// MayWait is for how long what the peer says need not be read: it would be passed on no
// sooner, as something has just been flushed in its room.
func (p *Peer) MayWait(now time.Time) time.Duration {
	return max(0, time.Duration(p.room.readFrom.Load())-p.room.e.clock(now))
}
