package webhooks

import (
	"container/heap"
	"time"
)

// queue has the messages of an endpoint that wait, in the order of each room.
type queue struct {
	name    string
	caller  *caller // nil: the endpoint is not in the configuration
	rooms   map[string]*roomQueue
	due     dueHeap // rooms whose first message is not on its way
	count   int     // messages
	flying  int     // attempts that run
	failing bool    // the last attempt has failed
}

// roomQueue has the messages about a room, the oldest first. Those that are about no room are a
// queue each.
type roomQueue struct {
	room     string
	messages []*pending
	index    int // in dueHeap; -1: the first message is on its way
}

func newQueue(name string) *queue { return &queue{name: name, rooms: map[string]*roomQueue{}} }

// put adds a message behind the others of its room.
func (q *queue) put(p *pending) {
	key := p.Room
	if key == "" {
		key = "\x00" + p.id
	}
	r := q.rooms[key]
	if r == nil {
		r = &roomQueue{room: key, index: -1}
		q.rooms[key] = r
	}
	r.messages = append(r.messages, p)
	q.count++
	if len(r.messages) == 1 {
		heap.Push(&q.due, r)
	}
}

// next returns when the next attempt is due; ok is false if there is none.
func (q *queue) next() (at time.Time, ok bool) {
	if len(q.due) == 0 {
		return at, false
	}
	return q.due[0].messages[0].Next, true
}

// take takes the message that is due first on its way.
func (q *queue) take() *roomQueue {
	q.flying++
	return heap.Pop(&q.due).(*roomQueue)
}

// back puts a room back whose first message was on its way. With done that message is removed.
func (q *queue) back(r *roomQueue, done bool) {
	q.flying--
	if done {
		r.messages[0] = nil
		r.messages = r.messages[1:]
		q.count--
	}
	if len(r.messages) == 0 {
		delete(q.rooms, r.room)
		return
	}
	heap.Push(&q.due, r)
}

// remove removes the messages that are not on their way, and of which f says so, and returns them.
func (q *queue) remove(f func(*pending) bool) (removed []*pending) {
	for _, r := range q.rooms {
		from := 0
		if r.index < 0 {
			from = 1
		}
		left := r.messages[:from]
		for _, p := range r.messages[from:] {
			if f(p) {
				removed = append(removed, p)
			} else {
				left = append(left, p)
			}
		}
		clear(r.messages[len(left):])
		r.messages = left
		switch {
		case from == 1:
		case len(left) == 0:
			heap.Remove(&q.due, r.index)
			delete(q.rooms, r.room)
		default:
			heap.Fix(&q.due, r.index)
		}
	}
	q.count -= len(removed)
	return removed
}

// drain removes all messages but those on their way, and returns them.
func (q *queue) drain() []*pending { return q.remove(func(*pending) bool { return true }) }

// dueHeap orders rooms by when their first message is due.
type dueHeap []*roomQueue

func (h dueHeap) Len() int { return len(h) }

func (h dueHeap) Less(i, j int) bool {
	a, b := h[i].messages[0], h[j].messages[0]
	if !a.Next.Equal(b.Next) {
		return a.Next.Before(b.Next)
	}
	return a.seq < b.seq
}

func (h dueHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *dueHeap) Push(x any) {
	r := x.(*roomQueue)
	r.index = len(*h)
	*h = append(*h, r)
}

// Pop implements heap.Interface.
func (h *dueHeap) Pop() any {
	last := len(*h) - 1
	r := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	r.index = -1
	return r
}
