package ydoc

import (
	"slices"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// blockSection makes s wait for the id that its next struct needs. That struct was the last to be
// read.
func (d *Doc) blockSection(s *section, need yjs.ID) {
	s.need, s.next, s.waiting = need, d.current.Last(), true
	d.pending.addWaiters(s)
	d.blocked = append(d.blocked, s)
}

// resolve merges the sections whose missing id is known now, and those that wait for ids in these.
// A section is tried only when an id has come that it waits for, so the work is proportional to the
// references. Of the sections that wait for one id the one that arrived first is merged first: if
// two updates have one clock, one as a struct and one as GC, Yjs keeps the one that it got first.
func (d *Doc) resolve() {
	by := d.by
	for len(d.ready) > 0 {
		last := len(d.ready) - 1
		s := d.ready[last]
		d.ready[last], d.ready = nil, d.ready[:last]
		d.pending.remove(s)
		from := s.Offset()
		d.by = s.by
		need, ok := d.advance(&s.Structs)
		if s.reported {
			s.hash.drop(s.Raw()[from:s.Offset()], s.end-s.Offset())
		}
		if !ok {
			d.blockSection(s, need)
		}
	}
	d.by = by
}

// clockAdvanced makes sections and deletes ready that waited for clocks of a client below clock.
func (d *Doc) clockAdvanced(client, clock uint64) {
	p := &d.pending
	if p.waiters != nil {
		n := len(d.ready)
		d.ready = p.takeReady(d.ready, client, clock)
		slices.Reverse(d.ready[n:]) // resolve takes the last first
	}
	if p.deletes == nil || p.deletes[client] == nil {
		return
	}
	if n := len(d.dueDeletes); n == 0 || d.dueDeletes[n-1] != client {
		d.dueDeletes = append(d.dueDeletes, client)
	}
}

// applyDueDeletes applies the pending deletes of clocks that are known now.
func (d *Doc) applyDueDeletes() {
	for _, client := range d.dueDeletes {
		if pos, ok := d.find(client); ok {
			d.applyDueDeletesOf(client, pos)
		}
	}
	d.dueDeletes = reuse(d.dueDeletes)
}

// applyDueDeletesOf is applyDueDeletes for a client, which is at a position.
func (d *Doc) applyDueDeletesOf(client uint64, pos uint32) {
	waiting := d.pending.deletes[client]
	left := waiting[:0]
	for _, w := range waiting {
		d.by = w.by
		runs := w.ranges.removeBefore(d.clients[pos].clock, func(clock, end uint64) {
			d.markDeleted(pos, yjs.DeleteRange{Client: client, Clock: clock, End: end})
		})
		if d.pending.bytes -= runs * deleteCost; w.ranges.len > 0 {
			left = append(left, w)
		}
	}
	if clear(waiting[len(left):]); len(left) == 0 {
		delete(d.pending.deletes, client)
	} else {
		d.pending.deletes[client] = left
	}
}

// storePending moves the sections that are still blocked to pending.
func (d *Doc) storePending() {
	for _, s := range d.blocked {
		if s.waiting && !s.stored {
			d.pending.addSection(s)
		}
	}
	clear(d.blocked)
	d.blocked = reuse(d.blocked)
	d.pending.compactWaiters()
}
