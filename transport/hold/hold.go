// Package hold keeps connections that wait for the owner of their room: while nobody knows who
// serves the room, or its server cannot be reached. They have no goroutine; each room with such
// connections has one, which tries from time to time to end the wait.
package hold

import (
	"sync"
	"sync/atomic"
	"time"
)

// Waiter is a connection that waits. Rooms calls its methods without a lock, and one at a time.
type Waiter interface {
	// Try tries to end the wait, and reports whether it is over.
	Try() (over bool)
	// Expired ends the wait when it has lasted too long.
	Expired()
	// Stopped ends the wait, as the server is shutting down.
	Stopped()
}

const (
	// firstPause and lastPause are the times between two tries for a room: they double.
	firstPause = 100 * time.Millisecond
	lastPause  = time.Second
	// together is how many connections of a room are tried at a time, after one has succeeded.
	together = 32
)

// Rooms has the connections that wait, by room.
type Rooms struct {
	mu      sync.Mutex // a leaf; guards everything below
	rooms   map[string]*room
	count   int
	stopped chan struct{} // closed by Stop
}

// room has the connections that wait for one room, each with the time at which it expires.
type room struct {
	waiting map[Waiter]time.Time
}

// New returns Rooms without connections.
func New() *Rooms { return &Rooms{rooms: map[string]*room{}, stopped: make(chan struct{})} }

// Len returns how many connections wait.
func (h *Rooms) Len() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.count
}

// Waits reports whether connections wait for a room.
func (h *Rooms) Waits(name string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rooms[name] != nil
}

// Add makes a connection wait for a room until a time, when at most others wait, and returns false
// if there are more.
func (h *Rooms) Add(name string, w Waiter, until time.Time, most int) bool {
	h.mu.Lock()
	if h.count >= most {
		h.mu.Unlock()
		return false
	}
	if h.isStopped() {
		h.mu.Unlock()
		w.Stopped()
		return true
	}
	defer h.mu.Unlock()
	h.put(name, w, until)
	return true
}

func (h *Rooms) isStopped() bool {
	select {
	case <-h.stopped:
		return true
	default:
		return false
	}
}

// put adds a connection, and starts the goroutine of its room; mu is held.
func (h *Rooms) put(name string, w Waiter, until time.Time) {
	r := h.rooms[name]
	if r == nil {
		r = &room{waiting: map[Waiter]time.Time{}}
		h.rooms[name] = r
		go h.serve(name, r)
	}
	r.waiting[w] = until
	h.count++
}

// Remove ends the wait of a connection whose client has left. It returns false if the wait is over,
// or is being tried to end.
func (h *Rooms) Remove(name string, w Waiter) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := h.rooms[name]
	if r == nil {
		return false
	}
	return h.take(r, w)
}

// take removes a connection; mu is held.
func (h *Rooms) take(r *room, w Waiter) bool {
	if _, waits := r.waiting[w]; !waits {
		return false
	}
	delete(r.waiting, w)
	h.count--
	return true
}

// Stop ends the wait of all connections, and of those that come.
func (h *Rooms) Stop() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.isStopped() {
		close(h.stopped)
	}
}

// serve is the goroutine of a room. It ends when no connection waits.
func (h *Rooms) serve(name string, r *room) {
	for pause := firstPause; !h.empty(name, r); pause = min(2*pause, lastPause) {
		if !h.wait(pause) {
			h.stopAll(name, r)
			return
		}
		h.expire(r)
		w := h.next(r, whenever)
		switch {
		case w.Waiter == nil:
		case w.Try():
			h.tryAll(r)
			pause = firstPause / 2 // those that have come meanwhile need not wait for long
		default:
			h.back(r, w)
		}
	}
}

// wait returns false when Stop is called.
func (h *Rooms) wait(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-h.stopped:
		return false
	}
}

// expire ends the waits that have lasted too long.
func (h *Rooms) expire(r *room) {
	for now := time.Now(); ; {
		w := h.next(r, func(until time.Time) bool { return !until.After(now) })
		if w.Waiter == nil {
			return
		}
		w.Expired()
	}
}

// waiter is a connection, with the time at which it expires.
type waiter struct {
	Waiter
	until time.Time
}

// next takes a connection whose time f accepts. The zero waiter is returned if there is none.
func (h *Rooms) next(r *room, f func(until time.Time) bool) waiter {
	h.mu.Lock()
	defer h.mu.Unlock()
	for w, until := range r.waiting {
		if f(until) {
			h.take(r, w)
			return waiter{w, until}
		}
	}
	return waiter{}
}

func whenever(time.Time) bool { return true }

// tryAll tries many connections at a time, until one fails or none is left.
func (h *Rooms) tryAll(r *room) {
	var tries sync.WaitGroup
	var failed atomic.Bool
	for range together {
		tries.Go(func() {
			for !failed.Load() {
				w := h.next(r, whenever)
				if w.Waiter == nil {
					return
				}
				if !w.Try() {
					failed.Store(true)
					h.back(r, w)
				}
			}
		})
	}
	tries.Wait()
}

// back makes a connection wait again that was tried.
func (h *Rooms) back(r *room, w waiter) {
	h.mu.Lock()
	defer h.mu.Unlock()
	r.waiting[w.Waiter] = w.until
	h.count++
}

// empty forgets the room if no connection waits for it.
func (h *Rooms) empty(name string, r *room) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(r.waiting) > 0 {
		return false
	}
	delete(h.rooms, name)
	return true
}

// stopAll ends all waits for a room.
func (h *Rooms) stopAll(name string, r *room) {
	for !h.empty(name, r) {
		if w := h.next(r, whenever); w.Waiter != nil {
			w.Stopped()
		}
	}
}
