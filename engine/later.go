package engine

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// later is what waits for a room's lock on behalf of those who serve many rooms: the
// flusher, the saver, writers, pollers. They only try to take a room's lock. What they
// cannot do at once the room's own goroutine does, which waits for the lock as anybody
// may and lives as long as there is something to do.
type later struct {
	waits    atomic.Bool // there is something to do; set under mu
	stepping atomic.Bool // the flusher's step is in todo

	mu   sync.Mutex // a leaf
	todo []func()   // to be called with the room's lock held, in this order
}

// lockTries is how often a lock is tried. Mostly it is held for microseconds, and a
// holder that was interrupted may end in between.
const lockTries = 3

// try takes the room's lock, unless somebody else holds it, or the room's own
// goroutine waits for it, which so gets its turn.
func (r *room) try() bool {
	for i := range lockTries {
		if i > 0 {
			runtime.Gosched()
		}
		if !r.later.waits.Load() && r.mu.TryLock() {
			return true
		}
	}
	return false
}

// tryTo calls f with the lock held, or returns false. f borrows nothing beyond the call.
func (r *room) tryTo(f func()) bool {
	if !r.try() {
		return false
	}
	defer r.mu.Unlock()
	f()
	return true
}

// soon calls f with the lock held: now, or on the room's own goroutine.
func (r *room) soon(f func()) {
	if !r.tryTo(f) {
		r.apart(f)
	}
}

// apart has the room's own goroutine call f with the lock held.
func (r *room) apart(f func()) {
	l := &r.later
	l.mu.Lock()
	defer l.mu.Unlock()
	l.todo = append(l.todo, f)
	if !l.waits.Swap(true) {
		r.e.metrics.heldLocks.Inc()
		r.e.running.Go(r.workOff)
	}
}

func (r *room) workOff() {
	for f := r.later.next(); f != nil; f = r.later.next() {
		r.inTurn(f)
	}
}

// inTurn waits for the lock and calls f. A panic there ends the room.
func (r *room) inTurn(f func()) {
	var ended error
	defer r.guard(&ended)
	r.await()
	defer r.mu.Unlock()
	f()
}

// next returns nil when there is nothing left, and the goroutine that called it ends.
func (l *later) next() func() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.todo) == 0 {
		l.todo = nil
		l.waits.Store(false)
		return nil
	}
	f := l.todo[0]
	l.todo[0] = nil
	l.todo = l.todo[1:]
	return f
}
