package schedule

import (
	"container/heap"
	"time"
)

// Slot is an item's place in a Queue, whose lock guards it. It is a part of the item, so that the
// queue finds it at once.
type Slot[T any] struct {
	Item  T // set before the slot is used, and never after
	due   time.Time
	place int // index in the heap plus one; 0 when not in it
}

// slots is a heap.Interface; the earliest is first.
type slots[T any] []*Slot[T]

// bring makes s due at t, unless it is due earlier, and returns whether its time has changed.
func (h *slots[T]) bring(s *Slot[T], t time.Time) bool {
	switch {
	case s.place == 0:
		s.due = t
		heap.Push(h, s)
	case t.Before(s.due):
		s.due = t
		heap.Fix(h, s.place-1)
	default:
		return false
	}
	return true
}

func (h slots[T]) Len() int           { return len(h) }
func (h slots[T]) Less(i, j int) bool { return h[i].due.Before(h[j].due) }

func (h slots[T]) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].place, h[j].place = i+1, j+1
}

func (h *slots[T]) Push(x any) {
	s := x.(*Slot[T])
	*h = append(*h, s)
	s.place = len(*h)
}

func (h *slots[T]) Pop() any {
	last := len(*h) - 1
	s := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	s.place = 0
	return s
}
