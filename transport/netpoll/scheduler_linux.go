package netpoll

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// scheduler decides at which ticks the active connections of a poller are read. They are read all
// together, and not while all of them may wait. It belongs to the poller's goroutine.
type scheduler struct {
	sets  *sets
	held  *heldStreams
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
// next is set, or there is input of streams.
func (s *scheduler) rearm(next bool) {
	now := time.Now()
	wait, some := s.untilRead(now)
	s.held.mu.Lock()
	defer s.held.mu.Unlock()
	switch {
	case next, len(s.held.all) > 0:
		s.timer.set(s.ticks.UntilTick(now))
	case some:
		s.timer.set(wait)
	default:
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

// heldStreams are the streams of a poller with input that waits for a tick. As that of paced
// connections it waits while it would not take effect, so that what has come for a room until then
// takes effect together.
type heldStreams struct {
	ticks Ticks
	timer timerFD // of the poller; mu is held when it is set

	mu     sync.Mutex // a leaf; guards everything below
	all    []*streamConn
	closed bool // the poller has ended

	scratch []*streamConn // owned by the poller's goroutine
}

// hold implements holder.
func (h *heldStreams) hold(c *streamConn) {
	if !h.add(c) {
		c.report()
	}
}

// add returns false if the poller has ended.
func (h *heldStreams) add(c *streamConn) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || c.held {
		return !h.closed
	}
	c.held = true
	h.all = append(h.all, c)
	if len(h.all) == 1 {
		h.timer.set(h.ticks.UntilTick(time.Now()))
	}
	return true
}

// close ends all waits. The poller's timer is not set any more.
func (h *heldStreams) close() {
	h.mu.Lock()
	h.closed = true
	all := h.all
	h.all = nil
	h.mu.Unlock()
	for _, c := range all {
		c.report()
	}
}

// deliver delivers the input of those that need not wait any more.
func (h *heldStreams) deliver() {
	now := time.Now()
	h.mu.Lock()
	h.scratch = append(h.scratch, h.all...)
	h.mu.Unlock()
	h.scratch = slices.DeleteFunc(h.scratch, func(c *streamConn) bool { return c.mayWait(now) > 0 })
	h.release()
	for _, c := range h.scratch {
		c.report()
	}
	clear(h.scratch)
	h.scratch = h.scratch[:0]
}

// release ends the wait of those in scratch.
func (h *heldStreams) release() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.scratch {
		c.held = false
	}
	h.all = slices.DeleteFunc(h.all, func(c *streamConn) bool { return !c.held })
}
