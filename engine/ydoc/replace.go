package ydoc

import "github.com/civicpress/civic-realtime/codec/yjs"

// Replace makes d hold its content in the form of shorter, which was made from
// an earlier state of d: what came since is merged into shorter first. Novelty
// and what waits are kept. It refuses, and changes nothing but shorter, when
// that does not give exactly d's state vector. shorter must not be used again.
func (d *Doc) Replace(shorter *Doc) bool {
	var have yjs.StateVector
	for pos := range shorter.order.all() {
		c := &shorter.clients[pos]
		have = append(have, yjs.ID{Client: c.id, Clock: c.clock})
	}
	out := shorter.Apply(yjs.Trust(d.AppendDiff(nil, have)))
	if out.Missing || !shorter.covers(d) {
		return false
	}
	shorter.ClearChanges()
	for i := range d.clients {
		pos, _, _ := shorter.lookup(d.clients[i].id)
		if c := &shorter.clients[pos]; d.clients[i].sent < c.clock {
			c.sent = d.clients[i].sent
			shorter.touched = append(shorter.touched, pos)
		}
	}
	shorter.newDeletes, shorter.pending = d.newDeletes, d.pending
	*d = *shorter
	return true
}

// covers says whether the two state vectors are the same.
func (d *Doc) covers(o *Doc) bool {
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
