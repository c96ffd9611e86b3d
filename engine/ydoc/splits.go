package ydoc

import (
	"math"

	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// splits says where Y.Docs hold the units of one struct in several items. It is made for the first
// reversed struct of a document and then follows what is merged, so all of them together cost
// about one walk over the document.
type splits struct {
	settled clockSet           // where a struct of another client stands between two units
	fresh   clockSet           // where items are split until the update is merged
	active  bool               // fresh is up to date
	seen    map[uint32]scanned // by position of the client: how far settled has it
	behind  map[uint32]bool    // positions of clients with structs that settled may lack
}

// scanned is the last struct of a client that was looked at.
type scanned struct {
	off, before uint32 // its offset, and the number of structs before it
	clock       uint64
}

// growth is a client that got structs from this update, from clock on.
type growth struct {
	pos   uint32
	clock uint64
}

// newSplits follows a document with so many clients.
func newSplits(clients int) *splits {
	x := &splits{
		settled: make(clockSet), fresh: make(clockSet),
		seen: make(map[uint32]scanned), behind: make(map[uint32]bool),
	}
	for pos := range clients {
		x.behind[uint32(pos)] = true
	}
	return x
}

// update brings both sets up to date. Once that is done for an update, Apply notes its structs one
// by one.
func (x *splits) update(d *Doc) {
	if x.active {
		return
	}
	x.active = true
	from := make(map[uint32]uint64, len(d.grown))
	for _, g := range d.grown {
		if _, ok := from[g.pos]; !ok {
			from[g.pos] = g.clock
		}
	}
	steps.Take(len(x.behind) + len(d.grown) + len(d.folds))
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
	for _, id := range d.folds {
		x.fresh.add(id)
	}
}

// settle notes the structs of a client that were merged before this update: those below limit.
func (x *splits) settle(c *client, pos uint32, limit uint64) {
	at := x.seen[pos]
	first := yjs.ID{Client: c.id, Clock: at.clock}
	run := yjs.TrustedStructs(c.buf, int(at.off), first, uint64(c.structs-at.before))
	for s := (yjs.Struct{}); run.Left > 0 && run.Next.Clock < limit; {
		at = scanned{uint32(run.Offset()), c.structs - uint32(run.Left), run.Next.Clock}
		last := run.Left == 1 // it may be long, and is looked at again when others follow
		if last {
			run.ReadHead(&s)
		} else {
			run.Read(&s)
		}
		if next, ok := standsBetween(&s); ok {
			x.settled.add(next)
		}
		if last {
			break
		}
	}
	x.seen[pos] = at
}

// standsBetween returns the unit before which s stands, if it may stand between two units of one
// struct: that of its origin and the next of the same client. Of two structs with the same origin,
// the one of the lower client id stands first; one of a higher id stands behind all of them up to
// its right origin.
func standsBetween(s *yjs.Struct) (next yjs.ID, ok bool) {
	next = yjs.ID{Client: s.Origin.Client, Clock: s.Origin.Clock + 1}
	switch {
	case !s.HasOrigin() || s.ID == next:
		return next, false
	case s.Client <= next.Client:
		return next, true
	}
	ok = s.HasRightOrigin() && s.RightOrigin.Client == next.Client && s.RightOrigin.Clock >= next.Clock
	return s.RightOrigin, ok
}

// noteFrom notes the structs of this update that c has, from clock on.
func (x *splits) noteFrom(c *client, clock uint64) {
	if clock >= c.clock {
		return
	}
	var p place
	if c.seek(clock, &p); p.s.Start == int(c.tail) && p.s.Clock < clock {
		return
	}
	run := yjs.TrustedStructs(c.buf, p.s.Start, p.s.ID, uint64(c.structs-p.structs))
	for s := (yjs.Struct{}); run.Read(&s); {
		if s.Clock >= clock {
			x.note(&s)
		}
	}
}

// note notes where s, of this update, makes Y.Docs split items.
func (x *splits) note(s *yjs.Struct) {
	if s.HasOrigin() {
		x.fresh.add(yjs.ID{Client: s.Origin.Client, Clock: s.Origin.Clock + 1})
	}
	if s.HasRightOrigin() {
		x.fresh.add(s.RightOrigin)
	}
}

// forget ends an update.
func (x *splits) forget() {
	if x.active {
		x.active = false
		if len(x.fresh) > 1024 {
			x.fresh = make(clockSet) // clearing a map costs what it once held
		}
		clear(x.fresh)
	}
}
