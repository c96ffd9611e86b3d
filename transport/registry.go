package transport

import (
	"sync"
)

// sweepSlots is how many times in a ping interval the sweep runs. Connections are spread over as
// many slots, and each sweep sends pings to those of one.
const sweepSlots = 30

// registry has all connections.
type registry struct {
	mu    sync.Mutex // guards everything below
	slots [sweepSlots]map[*conn]struct{}
	next  int // slot of the next connection
	count int
	ended chan struct{} // closed when count is zero; nil until end
}

// add returns false when the server shuts down.
func (r *registry) add(c *conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended != nil {
		return false
	}
	c.sweepSlot = r.next
	r.next = (r.next + 1) % sweepSlots
	if r.slots[c.sweepSlot] == nil {
		r.slots[c.sweepSlot] = map[*conn]struct{}{}
	}
	r.slots[c.sweepSlot][c] = struct{}{}
	r.count++
	return true
}

func (r *registry) remove(c *conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.slots[c.sweepSlot], c)
	r.count--
	if r.count == 0 && r.ended != nil {
		close(r.ended)
	}
}

func (r *registry) each(slot int, f func(*conn)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.slots[slot] {
		f(c)
	}
}

func (r *registry) size() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count
}
