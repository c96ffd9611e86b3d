// Package schedule orders items by the time at which each is next due, in a Queue. So none of them
// needs a timer or a goroutine of its own. Throughout the package the zero time means never.
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

// Queue holds items that are due at a time. Its lock is a leaf. Its methods allocate nothing but
// the memory by which the queue grows.
type Queue[T any] struct {
	wake chan struct{} // holds a token when the earliest time may have come forward

	mu    sync.Mutex
	slots slots[T]
}

// New returns an empty queue.
func New[T any]() *Queue[T] { return &Queue[T]{wake: make(chan struct{}, 1)} }

// At makes a slot's item due at t, unless it is due earlier. An item that is taken too early finds
// nothing to do, and calls At again.
func (q *Queue[T]) At(s *Slot[T], t time.Time) {
	q.mu.Lock()
	first := q.slots.bring(s, t) && q.slots[0] == s
	q.mu.Unlock()
	if first {
		q.WakeUp()
	}
}

// Wake returns a channel that receives when the earliest time may have come forward, and after
// WakeUp.
func (q *Queue[T]) Wake() <-chan struct{} { return q.wake }

// WakeUp makes the channel of Wake receive.
func (q *Queue[T]) WakeUp() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// Next returns when the next item is due; zero if the queue is empty.
func (q *Queue[T]) Next() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.slots) == 0 {
		return time.Time{}
	}
	return q.slots[0].due
}

// Take moves the items that are due at now to dst, and returns when the next is due; zero if none
// is left.
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

// Due returns when a slot's item is due; zero if it is not in the queue.
func (q *Queue[T]) Due(s *Slot[T]) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if s.place == 0 {
		return time.Time{}
	}
	return s.due
}
