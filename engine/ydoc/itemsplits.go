package ydoc

import (
	"math"

	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// itemSplits has the places at which Y.Docs have split one struct of the document into several
// items. It is made for the first reversed struct of a document and updated after that, so that all
// reversed structs together cost about one pass over the document.
type itemSplits struct {
	settled clockSet             // where another client's struct is between two units
	fresh   clockSet             // where items are split until the update is merged
	active  bool                 // fresh is up to date
	seen    map[uint32]scanPoint // by position of the client: up to where settled is complete
	behind  map[uint32]bool      // positions of clients with structs after that
}

// scanPoint is the last struct of a client that was read.
type scanPoint struct {
	off, before uint32 // its offset, and the number of structs before it
	clock       uint64
}

// extension is a client that got structs from this update, from clock on.
type extension struct {
	pos   uint32
	clock uint64
}

// newSplits returns the itemSplits of a document with so many clients.
func newSplits(clients int) *itemSplits {
	x := &itemSplits{
		settled: make(clockSet),
		fresh:   make(clockSet),
		seen:    make(map[uint32]scanPoint),
		behind:  make(map[uint32]bool),
	}
	for pos := range clients {
		x.behind[uint32(pos)] = true
	}
	return x
}

// update completes both sets. From then on Apply adds the structs of the same update one by one.
func (x *itemSplits) update(d *Doc) {
	if x.active {
		return
	}
	x.active = true
	from := make(map[uint32]uint64, len(d.extended))
	for _, g := range d.extended {
		if _, ok := from[g.pos]; !ok {
			from[g.pos] = g.clock
		}
	}
	steps.Take(len(x.behind) + len(d.extended) + len(d.merges))
	for pos := range x.behind {
		limit, grown := from[pos]
		if !grown {
			limit = math.MaxUint64
			delete(x.behind, pos)
		}
		x.settle(&d.clients[pos], pos, limit)
		if grown {
			x.noteFrom(&d.clients[pos], limit)
		}
	}
	for _, id := range d.merges {
		x.fresh.add(id)
	}
}

// settle adds the structs of a client that were merged before this update: those below limit.
func (x *itemSplits) settle(c *client, pos uint32, limit uint64) {
	at := x.seen[pos]
	next := yjs.ID{Client: c.id, Clock: at.clock}
	run := yjs.TrustedStructs(c.buf, int(at.off), next, uint64(c.structs-at.before))
	for s := (yjs.Struct{}); run.Left > 0 && run.Next.Clock < limit; {
		at = scanPoint{uint32(run.Offset()), c.structs - uint32(run.Left), run.Next.Clock}
		last := run.Left == 1 // it may be long, and is read again when others follow
		if last {
			run.ReadHead(&s)
		} else {
			run.Read(&s)
		}
		if next, ok := isBetween(&s); ok {
			x.settled.add(next)
		}
		if last {
			break
		}
	}
	x.seen[pos] = at
}

// isBetween reports whether s may be between two units of one struct: its origin and the next unit
// of the same client. next is the unit that s is before. Of two structs with one origin, that of
// the lower client id comes first; one of a higher id comes after all of them up to its right
// origin.
func isBetween(s *yjs.Struct) (next yjs.ID, ok bool) {
	next = yjs.ID{Client: s.Origin.Client, Clock: s.Origin.Clock + 1}
	switch {
	case !s.HasOrigin() || s.ID == next:
		return next, false
	case s.Client <= next.Client:
		return next, true
	}
	right := s.RightOrigin
	return right, s.HasRightOrigin() && right.Client == next.Client && right.Clock >= next.Clock
}

// noteFrom adds the structs of c from clock on, which belong to the current update.
func (x *itemSplits) noteFrom(c *client, clock uint64) {
	if clock >= c.clock {
		return
	}
	var p location
	if c.seek(clock, &p); p.s.Start == int(c.last) && p.s.Clock < clock {
		return
	}
	run := yjs.TrustedStructs(c.buf, p.s.Start, p.s.ID, uint64(c.structs-p.structs))
	for s := (yjs.Struct{}); run.Read(&s); {
		if s.Clock >= clock {
			x.note(&s)
		}
	}
}

// note adds the places at which s, a struct of the current update, makes Y.Docs split items.
func (x *itemSplits) note(s *yjs.Struct) {
	if s.HasOrigin() {
		x.fresh.add(yjs.ID{Client: s.Origin.Client, Clock: s.Origin.Clock + 1})
	}
	if s.HasRightOrigin() {
		x.fresh.add(s.RightOrigin)
	}
}

// forget ends an update: fresh becomes empty.
func (x *itemSplits) forget() {
	if x.active {
		x.active = false
		if len(x.fresh) > 1024 {
			x.fresh = make(clockSet) // clearing a map takes time for its largest size ever
		}
		clear(x.fresh)
	}
}
