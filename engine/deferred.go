package engine

import (
	"runtime"
	"sync"
	"sync/atomic"
)

// deferred is what waits for a room's lock on behalf of those who serve many rooms: the
// flusher, the saver, writers, pollers. They only try to take a room's lock. What they
// cannot do at once the room's own goroutine does, which waits for the lock as anybody
// may and lives as long as there is something to do.
type deferred struct {
	waits    atomic.Bool // there is something to do; set under mu
	stepping atomic.Bool // the flusher's step is in todo

	mu   sync.Mutex // a leaf
	todo []func()   // to be called with the room's lock held, in this order
}

// lockTries is how often a lock is tried. Mostly it is held for microseconds, and a
// holder that was interrupted may end in between.
const lockTries = 3

// tryLock takes the room's lock, unless somebody else holds it, or the room's own
// goroutine waits for it, so that it gets the lock next.
func (r *room) tryLock() bool {
	for i := range lockTries {
		if i > 0 {
			runtime.Gosched()
		}
		if !r.deferred.waits.Load() && r.mu.TryLock() {
			return true
		}
	}
	return false
}

// tryLocked calls f with the lock held, or returns false. f borrows nothing beyond the call.
func (r *room) tryLocked(f func()) bool {
	if !r.tryLock() {
		return false
	}
	defer r.mu.Unlock()
	f()
	return true
}

// runLocked calls f with the lock held: now, or on the room's own goroutine.
func (r *room) runLocked(f func()) {
	if !r.tryLocked(f) {
		r.deferLocked(f)
	}
}

// deferLocked has the room's own goroutine call f with the lock held.
func (r *room) deferLocked(f func()) {
	l := &r.deferred
	l.mu.Lock()
	defer l.mu.Unlock()
	l.todo = append(l.todo, f)
	if !l.waits.Swap(true) {
		r.e.metrics.heldLocks.Inc()
		r.e.running.Go(r.runDeferred)
	}
}

func (r *room) runDeferred() {
	for f := r.deferred.next(); f != nil; f = r.deferred.next() {
		r.callLocked(f)
	}
}

// callLocked waits for the lock and calls f. A panic there ends the room.
func (r *room) callLocked(f func()) {
	var ended error
	defer r.guard(&ended)
	r.lockTimed()
	defer r.mu.Unlock()
	f()
}

// next returns nil when there is nothing left, and the goroutine that called it ends.
func (l *deferred) next() func() {
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
