package netpoll

import (
	"runtime"
	"time"
)

// scheduler decides at which ticks the active connections of a poller are read. They are read all
// together, and not while all of them may wait. It belongs to the poller's goroutine.
type scheduler struct {
	sets  *sets
	ticks Ticks
	alone bool // there is no other poller, so that at a tick all input has been read
	timer timerFD

	scratch []*pollConn
	checked time.Time // when endSilent was last called
}

// ticked is called when the active connections have been read.
func (s *scheduler) ticked() {
	now := time.Now()
	if s.alone {
		s.ticks.AllRead(now)
		runtime.Gosched() // lets rooms flush, after which some connections may wait
	}
	if now.Sub(s.checked) >= activeGap {
		s.endSilent(now)
		s.checked = now
	}
}

// rearm sets the timer for the next tick at which there is something to read: the very next one if
// next is set.
func (s *scheduler) rearm(next bool) {
	now := time.Now()
	if next {
		s.timer.set(s.ticks.UntilTick(now))
	} else if wait, some := s.untilRead(now); some {
		s.timer.set(wait)
	} else {
		s.timer.stop()
	}
}

// untilRead returns the time until the next tick at which an active connection is to be read, and
// whether there is any.
func (s *scheduler) untilRead(now time.Time) (wait time.Duration, some bool) {
	s.scratch = s.sets.appendActive(s.scratch[:0])
	defer clear(s.scratch)
	wait = activeGap
	for _, c := range s.scratch {
		if wait = min(wait, c.mayWait(now)); wait == 0 {
			break
		}
	}
	return wait + s.ticks.UntilTick(now.Add(wait-1)) - 1, len(s.scratch) > 0
}

// endSilent makes active connections idle after a silence.
func (s *scheduler) endSilent(now time.Time) {
	for _, c := range s.sets.appendActive(nil) {
		if !c.staysActive(now) {
			s.sets.deactivate(c)
		}
	}
}
