package recordsync

import (
	"context"
	"sync"
)

// PoolSize is how many goroutines of a Pool work at a time.
const PoolSize = 4

// Pool works through a queue with goroutines that live as long as there is something to do. While a
// worker waits for one item another takes its place, so that a few slow rooms do not hold up the
// others.
type Pool[T any] struct {
	do      func(T)
	running interface{ Go(func()) }

	mu      sync.Mutex // a leaf; guards everything below
	queue   []T
	working int // workers that are not waiting
}

// NewPool returns a pool that calls do for each item. It starts its goroutines with running.
func NewPool[T any](running interface{ Go(func()) }, do func(T)) *Pool[T] {
	return &Pool[T]{do: do, running: running}
}

// Worker is called by a goroutine of a Pool around each wait. The Pool implements it.
type Worker interface {
	beginWait()
	endWait()
}

// Add queues an item.
func (p *Pool[T]) Add(item T) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = append(p.queue, item)
	p.start()
}

// start starts another worker if the pool allows one and there is something to do; mu is held.
func (p *Pool[T]) start() {
	if p.working < PoolSize && len(p.queue) > 0 {
		p.working++
		p.running.Go(p.work)
	}
}

func (p *Pool[T]) work() {
	for item, ok := p.next(); ok; item, ok = p.next() {
		p.do(item)
	}
}

// next returns the next item; ok is false if the worker must end.
func (p *Pool[T]) next() (item T, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 || p.working > PoolSize {
		p.working--
		return item, false
	}
	item = p.queue[0]
	clear(p.queue[:1])
	if p.queue = p.queue[1:]; len(p.queue) == 0 {
		p.queue = nil
	}
	return item, true
}

// beginWait is called by a worker that is about to wait.
func (p *Pool[T]) beginWait() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.working--
	p.start()
}

// endWait is called after the wait. For a moment more than PoolSize workers may work.
func (p *Pool[T]) endWait() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.working++
}

// Clear empties the queue.
func (p *Pool[T]) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.queue = nil
}

// workLock is held by the goroutine that compares a room's document with its record, or saves it:
// one at a time. It is taken before the room's lock.
type workLock struct {
	held   chan struct{}
	worker Worker // of the holder; nil if that is no goroutine of a Pool
}

func newWorkLock() workLock { return workLock{held: make(chan struct{}, 1)} }

// lock waits for the lock until ctx is done, and returns ctx's error then. w is nil if the caller
// is no goroutine of a Pool.
func (l *workLock) lock(ctx context.Context, w Worker) error {
	select {
	case l.held <- struct{}{}:
		l.worker = w
		return nil
	default:
	}
	if w != nil {
		w.beginWait()
		defer w.endWait()
	}
	select {
	case l.held <- struct{}{}:
		l.worker = w
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *workLock) unlock() {
	l.worker = nil
	<-l.held
}
