package transport

import (
	"sync"
)

// sweepSlots is how many times in a ping interval the sweep comes by. Connections are
// spread over as many slots, and each beat pings one of them.
const sweepSlots = 30

// registry is all connections.
type registry struct {
	mu    sync.Mutex // guards everything below
	slots [sweepSlots]map[*conn]struct{}
	next  int // slot of the next connection
	count int
	ended chan struct{} // closed when count is zero; nil until end
}

// add returns false when the server shuts down.
func (w *registry) add(c *conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended != nil {
		return false
	}
	c.sweepSlot = w.next
	w.next = (w.next + 1) % sweepSlots
	if w.slots[c.sweepSlot] == nil {
		w.slots[c.sweepSlot] = map[*conn]struct{}{}
	}
	w.slots[c.sweepSlot][c] = struct{}{}
	w.count++
	return true
}

func (w *registry) remove(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.slots[c.sweepSlot], c)
	w.count--
	if w.count == 0 && w.ended != nil {
		close(w.ended)
	}
}

func (w *registry) each(slot int, f func(*conn)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.slots[slot] {
		f(c)
	}
}

func (w *registry) size() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}
