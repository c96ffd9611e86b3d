package engine

import (
	"container/heap"
	"sync"
	"time"
)

// schedule orders rooms by the time at which each next has something to do, so
// that no room needs a timer or a goroutine of its own. Its lock is a leaf.
type schedule struct {
	wake chan struct{} // holds one token when the earliest time may have come forward

	mu    sync.Mutex
	rooms dueHeap
}

// slot is a room's place in the schedule, guarded by the schedule's lock.
type slot struct {
	due time.Time
	pos int // index in the heap plus one; 0 when not in it
}

func newSchedule() *schedule { return &schedule{wake: make(chan struct{}, 1)} }

// at brings r's time forward to t. A room that is due earlier stays so: a room
// looked at too early finds nothing to do, and says when to look again.
func (s *schedule) at(r *room, t time.Time) {
	s.mu.Lock()
	first := s.rooms.bring(r, t) && s.rooms[0] == r
	s.mu.Unlock()
	if first {
		s.wakeUp()
	}
}

func (s *schedule) wakeUp() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// next is when the next room is due, zero if none is.
func (s *schedule) next() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rooms) == 0 {
		return time.Time{}
	}
	return s.rooms[0].slot.due
}

// take moves the rooms due at now to dst, and returns when the next is due, zero if none is.
func (s *schedule) take(now time.Time, dst []*room) (due []*room, next time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.rooms) > 0 {
		if next = s.rooms[0].slot.due; next.After(now) {
			return dst, next
		}
		dst = append(dst, heap.Pop(&s.rooms).(*room))
	}
	return dst, time.Time{}
}

// dueHeap is a heap.Interface; the earliest room is first.
type dueHeap []*room

// bring says whether it changed r's time.
func (h *dueHeap) bring(r *room, t time.Time) bool {
	switch {
	case r.slot.pos == 0:
		r.slot.due = t
		heap.Push(h, r)
	case t.Before(r.slot.due):
		r.slot.due = t
		heap.Fix(h, r.slot.pos-1)
	default:
		return false
	}
	return true
}

func (h dueHeap) Len() int           { return len(h) }
func (h dueHeap) Less(i, j int) bool { return h[i].slot.due.Before(h[j].slot.due) }

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].slot.pos, h[j].slot.pos = i+1, j+1
}

func (h *dueHeap) Push(x any) {
	r := x.(*room)
	*h = append(*h, r)
	r.slot.pos = len(*h)
}

func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	r := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	r.slot.pos = 0
	return r
}

// earliest is the earliest of the times that are not zero.
func earliest(times ...time.Time) (first time.Time) {
	for _, t := range times {
		if !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// reached says whether t has been set and has come.
func reached(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }
