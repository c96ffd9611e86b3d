package ydoc

import "slices"

// Between counts the client ids from low up to high that have written in the
// document, and those of them of whose writing nothing is left.
func (d *Doc) Between(low, high uint64) (all, gone int) {
	at, _ := slices.BinarySearchFunc(d.order, high, func(p uint32, id uint64) int {
		if d.clients[p].id >= id {
			return -1
		}
		return 1
	})
	for _, pos := range d.order[at:] {
		c := &d.clients[pos]
		if c.id < low {
			break
		}
		all++
		if c.gone() {
			gone++
		}
	}
	return all, gone
}

// Clock is the state vector's entry of a client: the clock after its last struct, 0 if it has written none.
func (d *Doc) Clock(client uint64) uint64 { return d.clock(client) }

// gone says whether nothing is left of what the client wrote.
func (c *client) gone() bool {
	return c.more != nil && len(c.more.deletes) == 1 && c.more.deletes[0].clock == 0 && c.more.deletes[0].end == c.clock
}
