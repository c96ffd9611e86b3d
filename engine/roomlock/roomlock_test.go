package roomlock

import (
	"slices"
	"sync"
	"sync/atomic"
	"testing"
)

// owner counts the goroutines of a Lock, and recovers from panics.
type owner struct {
	Lock
	running sync.WaitGroup
	started atomic.Int32
}

func newOwner() *owner {
	o := new(owner)
	o.Init(o)
	return o
}

func (o *owner) Go(f func()) {
	o.started.Add(1)
	o.running.Go(f)
}

func (o *owner) CallLocked(f func()) {
	defer func() { _ = recover() }()
	o.LockTimed()
	defer o.Unlock()
	f()
}

// TestDeferredRunInOrder shows that deferred functions are called when the lock is released, in
// order, by one goroutine, and before others that try the lock.
func TestDeferredRunInOrder(t *testing.T) {
	o := newOwner()
	var order []int
	o.Lock.Lock()
	for i := range 10 {
		o.RunOrDefer(func() { order = append(order, i) })
	}
	if len(order) > 0 || !o.HasDeferred() || o.TryRun(func() { order = append(order, -1) }) {
		t.Errorf("%v were called while the lock was held", order)
	}
	o.Unlock()
	o.running.Wait()
	if want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}; !slices.Equal(order, want) {
		t.Errorf("called in the order %v", order)
	}
	if n := o.started.Load(); n != 1 || o.HasDeferred() {
		t.Errorf("%d goroutines, deferred still: %v", n, o.HasDeferred())
	}
}

// TestFreeLockIsTakenAtOnce shows that nothing is deferred while the lock is free.
func TestFreeLockIsTakenAtOnce(t *testing.T) {
	o, called := newOwner(), 0
	o.RunOrDefer(func() { called++ })
	if !o.TryRun(func() { called++ }) || called != 2 || o.started.Load() != 0 {
		t.Errorf("%d calls, %d goroutines", called, o.started.Load())
	}
	if began := o.LockTimed(); !began.IsZero() {
		t.Error("a free lock was waited for")
	}
	o.Unlock()
}

// TestDeferredPanic shows that a panic of one deferred function does not keep others from being
// called.
func TestDeferredPanic(t *testing.T) {
	o, called := newOwner(), false
	o.Lock.Lock()
	o.Defer(func() { panic("made up") })
	o.Defer(func() { called = true })
	o.Unlock()
	o.running.Wait()
	if !called || !o.TryLock() {
		t.Errorf("called: %v, or the lock is held", called)
	}
}

// TestTryRunAllocatesNothing shows that a function that borrows is called without an allocation.
func TestTryRunAllocatesNothing(t *testing.T) {
	o, n := newOwner(), 0
	if allocs := testing.AllocsPerRun(100, func() { o.TryRun(func() { n++ }) }); allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}
