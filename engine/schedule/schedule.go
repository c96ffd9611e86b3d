// Package schedule says what is due when. A Queue orders items by the time at which each next has
// something to do, so that none of them needs a timer or a goroutine of its own.
//
// A time is that of the next thing to do. The zero time is never, here and for Earliest and
// Reached.
//
// Files, in layers; each uses only what is listed before it:
//
//	times.go     times that may be never
//	heap.go      items, the earliest first
//	schedule.go  the queue
package schedule

import (
	"container/heap"
	"sync"
	"time"
)

// Queue holds items of which each is due at a time. Its lock is a leaf. Its methods allocate
// nothing but what the queue grows by.
type Queue[T any] struct {
	wake chan struct{} // holds one token when the earliest time may have come forward

	mu    sync.Mutex
	slots slots[T]
}

// New returns an empty queue.
func New[T any]() *Queue[T] { return &Queue[T]{wake: make(chan struct{}, 1)} }

// At brings the time of a slot's item forward to t. An item that is due earlier stays so: one that
// is taken too early finds nothing to do, and calls At again.
func (q *Queue[T]) At(s *Slot[T], t time.Time) {
	q.mu.Lock()
	first := q.slots.bring(s, t) && q.slots[0] == s
	q.mu.Unlock()
	if first {
		q.WakeUp()
	}
}

// Wake receives when the earliest time may have come forward, and after WakeUp.
func (q *Queue[T]) Wake() <-chan struct{} { return q.wake }

// WakeUp has a reader of Wake look at the queue.
func (q *Queue[T]) WakeUp() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Next returns when the next item is due.
func (q *Queue[T]) Next() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.slots) == 0 {
		return time.Time{}
	}
	return q.slots[0].due
}

// Take moves the items that are due at now to dst, and returns when the next is due.
func (q *Queue[T]) Take(now time.Time, dst []T) (due []T, next time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for len(q.slots) > 0 {
		if next = q.slots[0].due; next.After(now) {
			return dst, next
		}
		dst = append(dst, heap.Pop(&q.slots).(*Slot[T]).Item)
	}
	return dst, time.Time{}
}

// Due returns when a slot's item is due.
func (q *Queue[T]) Due(s *Slot[T]) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.place == 0 {
		return time.Time{}
	}
	return s.due
}
