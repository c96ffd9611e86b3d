package ydoc

import "github.com/civicpress/civic-realtime/codec/yjs"

// Replace replaces the structs of d by those of shorter, a compacted earlier state of d, into which
// it merges later updates first. Changes and pending structs are kept. It returns false and leaves
// d as it is if the state vectors would differ. shorter must not be used again.
func (d *Doc) Replace(shorter *Doc) bool {
	var have yjs.StateVector
	for pos := range shorter.order.all() {
		c := &shorter.clients[pos]
		have = append(have, yjs.ID{Client: c.id, Clock: c.clock})
	}
	out := shorter.Apply(yjs.Trust(d.AppendDiff(nil, have)))
	if out.Missing || !shorter.sameClocks(d) {
		return false
	}
	shorter.ClearChanges()
	for i := range d.clients {
		pos, _, _ := shorter.lookup(d.clients[i].id)
		if c := &shorter.clients[pos]; d.clients[i].reported < c.clock {
			c.reported = d.clients[i].reported
			shorter.unreported = append(shorter.unreported, pos)
		}
	}
	shorter.newDeletes, shorter.pending = d.newDeletes, d.pending
	*d = *shorter
	return true
}

// sameClocks reports whether the state vectors of d and o are equal.
func (d *Doc) sameClocks(o *Doc) bool {
	if d.order.len != o.order.len {
		return false
	}
	for i := range d.clients {
		if c := &d.clients[i]; o.clock(c.id) != c.clock {
			return false
		}
	}
	return true
}
