package groupcommit

import (
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// Run flushes until stop is closed. After a commit it rests until windows end next, so that a busy
// server makes one commit a tick, for all rooms: it costs much the same for one and for many. A
// flush shortly before the end of windows delays no room whose window ends then.
func (f *Flusher) Run(stop <-chan struct{}) {
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	for {
		now := f.cfg.FlushTime(time.Now())
		due, next := f.take(now)
		busy := len(due) > 0 || next.IsZero() && f.waiting.any()
		if f.due = due; busy {
			f.flush(due, now)
			clear(f.due)
		} else if next.IsZero() {
			alarm.Stop()
		} else {
			alarm.Reset(time.Until(next))
		}
		if !f.pause(busy, alarm.C, stop) {
			return
		}
	}
}

// take returns the rooms that are due, or when to call it again; zero if there is nothing to wait
// for.
func (f *Flusher) take(now time.Time) (due []Room, next time.Time) {
	rowsWait := f.waiting.any()
	if !now.Before(f.nextCommit) {
		if due, next = f.sched.Take(now, f.due[:0]); rowsWait {
			next = time.Time{}
		}
		return due, next
	}
	if next = f.sched.Next(); rowsWait {
		next = now
	}
	if !next.IsZero() {
		next = schedule.Latest(next, f.nextCommit)
	}
	return f.due[:0], next
}

// pause waits until there may be something to do, unless busy. It returns false when stop is
// closed.
func (f *Flusher) pause(busy bool, alarm <-chan time.Time, stop <-chan struct{}) bool {
	if busy {
		select {
		case <-stop:
			return false
		default:
			return true
		}
	}
	select {
	case <-stop:
		return false
	case <-f.sched.Wake():
	case <-alarm:
	}
	return true
}
