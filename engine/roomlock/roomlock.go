// Package roomlock has the lock of a room, for goroutines that serve many rooms: the flusher, the
// saver, writers and pollers. They never wait for it. They try it, and leave work that cannot be
// done at once to a goroutine of the room's own, which waits for the lock and lives as long as
// there is work.
package roomlock

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// Lock is a mutex with a list of functions that are to be called while it is held. Init must be
// called before Defer or RunOrDefer.
type Lock struct {
	mu       sync.Mutex
	owner    Owner
	deferred atomic.Bool // todo is not empty, or its last function is being called; set under list

	list sync.Mutex // a leaf; it may be taken while mu is held, and not the other way round
	todo []func()   // to be called with mu held, in this order
}

// Owner is the room that is locked.
type Owner interface {
	// Go calls f on a new goroutine. It is called for each goroutine that is started.
	Go(f func())
	// CallLocked calls f between Lock and Unlock. It must return, whatever f does.
	CallLocked(f func())
}

// Init sets the owner.
func (l *Lock) Init(owner Owner) { l.owner = owner }

// Lock takes the lock, and waits for it.
func (l *Lock) Lock() { l.mu.Lock() }

// LockTimed is Lock, and returns when it began to wait; zero if the lock was free.
func (l *Lock) LockTimed() (began time.Time) {
	if l.mu.TryLock() {
		return began
	}
	began = time.Now()
	l.mu.Lock()
	return began
}

// Unlock releases the lock.
func (l *Lock) Unlock() { l.mu.Unlock() }

// tries is how often a lock is tried. Mostly it is held for microseconds, and between two tries a
// holder that was interrupted may end.
const tries = 3

// TryLock takes the lock unless it is held, or deferred functions wait for it: they get it next.
func (l *Lock) TryLock() bool {
	for i := range tries {
		if i > 0 {
			runtime.Gosched()
		}
		if !l.deferred.Load() && l.mu.TryLock() {
			return true
		}
	}
	return false
}

// TryRun calls f with the lock held, or returns false where TryLock does. f is not kept, so a
// function that borrows is called without an allocation.
func (l *Lock) TryRun(f func()) bool {
	if !l.TryLock() {
		return false
	}
	defer l.mu.Unlock()
	f()
	return true
}

// RunOrDefer calls f with the lock held: at once if TryLock succeeds, else as Defer does.
func (l *Lock) RunOrDefer(f func()) {
	if !l.TryRun(f) {
		l.Defer(f)
	}
}

// Defer makes the owner's goroutine call f with the lock held, after the functions that were
// deferred before. It may be called with the lock held.
func (l *Lock) Defer(f func()) {
	l.list.Lock()
	defer l.list.Unlock()
	l.todo = append(l.todo, f)
	if !l.deferred.Swap(true) {
		l.owner.Go(l.runDeferred)
	}
}

// HasDeferred reports whether deferred functions wait, so that TryLock fails.
func (l *Lock) HasDeferred() bool { return l.deferred.Load() }

// runDeferred is the owner's goroutine: it calls the deferred functions until there are none.
func (l *Lock) runDeferred() {
	for f := l.next(); f != nil; f = l.next() {
		l.owner.CallLocked(f)
	}
}

// next removes and returns the first deferred function; nil if there is none, and the calling
// goroutine must end.
func (l *Lock) next() func() {
	l.list.Lock()
	defer l.list.Unlock()
	if len(l.todo) == 0 {
		l.todo = nil
		l.deferred.Store(false)
		return nil
	}
	f := l.todo[0]
	l.todo[0] = nil
	l.todo = l.todo[1:]
	return f
}
