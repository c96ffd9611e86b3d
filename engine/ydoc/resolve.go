package ydoc

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// block has s wait for what its next struct, the last that was read, needs.
func (d *Doc) block(s *section, need yjs.ID) {
	s.need, s.next, s.waits = need, d.current.Last(), true
	d.pending.waitFor(s)
	d.blocked = append(d.blocked, s)
}

// resolve goes on with sections as long as what they wait for comes. Each is
// looked at when that is so and not before: the work follows the references. Of
// those that waited for the same id the one that came first goes first: where two
// clients tell of one clock, as a struct and as GC, Yjs keeps what it was told first.
func (d *Doc) resolve() {
	for len(d.woken) > 0 {
		last := len(d.woken) - 1
		s := d.woken[last]
		d.woken[last], d.woken = nil, d.woken[:last]
		d.pending.takeOut(s)
		from := s.Offset()
		need, ok := d.advance(&s.Structs)
		if s.known {
			s.hash.drop(s.Raw()[from:s.Offset()], s.end-s.Offset())
		}
		if !ok {
			d.block(s, need)
		}
	}
}

// arrived notes that the client's clock is now clock, and wakes the sections that waited for it.
func (d *Doc) arrived(client, clock uint64) {
	p := &d.pending
	if p.waits != nil {
		n := len(d.woken)
		d.woken = p.wake(d.woken, client, clock)
		slices.Reverse(d.woken[n:]) // as the last is resolved first
	}
	last := len(d.due) - 1
	if p.deletes != nil && p.deletes[client] != nil && (last < 0 || d.due[last] != client) {
		d.due = append(d.due, client)
	}
}

// deleteDue deletes what waited to be known.
func (d *Doc) deleteDue() {
	for _, client := range d.due {
		pos, ok := d.find(client)
		if waiting := d.pending.deletes[client]; waiting != nil && ok {
			runs := waiting.takeBefore(d.clients[pos].clock, func(clock, end uint64) {
				d.markDeleted(pos, yjs.DeleteRange{Client: client, Clock: clock, End: end})
			})
			d.pending.bytes -= runs * deleteCost
			if waiting.len == 0 {
				delete(d.pending.deletes, client)
			}
		}
	}
	d.due = reuse(d.due)
}
