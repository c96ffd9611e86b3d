package ydoc

import (
	"math"

	"github.com/civicpress/civic-realtime/codec"
)

// splits says where Y.Docs hold the units of one struct in several items. It is made for the first
// reversed struct of a document and then follows what is merged, so all of them together cost
// about one walk over the document.
type splits struct {
	settled clockSet           // where somebody's struct stands between two units
	fresh   clockSet           // where items are split until the update is merged
	active  bool               // fresh is up to date
	seen    map[uint32]scanned // by position of the client: how far settled has it
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

func newSplits() *splits {
	return &splits{settled: make(clockSet), fresh: make(clockSet), seen: make(map[uint32]scanned)}
}

// update brings both sets up to date. Once that is done for an update, Apply notes its structs one by one.
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
	for pos := range d.clients {
		limit, grown := from[uint32(pos)]
		if !grown {
			limit = math.MaxUint64
		}
		x.settle(&d.clients[pos], uint32(pos), limit)
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
	run := codec.TrustedStructs(c.buf, int(at.off), codec.ID{Client: c.id, Clock: at.clock}, uint64(c.structs-at.before))
	for s := (codec.Struct{}); run.Left > 0 && run.Next.Clock < limit; {
		at = scanned{uint32(run.Offset()), c.structs - uint32(run.Left), run.Next.Clock}
		run.Read(&s)
		if next, ok := standsBetween(&s); ok {
			x.settled.add(next)
		}
	}
	x.seen[pos] = at
}

// standsBetween returns the unit before which s stands, while its own client wrote that right
// behind the origin of s. With the same origin, the lower client id stands first.
func standsBetween(s *codec.Struct) (next codec.ID, ok bool) {
	next = codec.ID{Client: s.Origin.Client, Clock: s.Origin.Clock + 1}
	if !s.HasOrigin() || s.ID == next {
		return next, false
	}
	return next, s.HasRightOrigin() && s.RightOrigin == next || s.Client < next.Client
}

// noteFrom notes the structs of this update that c has, from clock on.
func (x *splits) noteFrom(c *client, clock uint64) {
	if clock >= c.clock {
		return
	}
	var p place
	c.seek(clock, &p)
	run := codec.TrustedStructs(c.buf, p.s.Start, p.s.ID, uint64(c.structs-p.structs))
	for s := (codec.Struct{}); run.Read(&s); {
		if s.Clock >= clock {
			x.note(&s)
		}
	}
}

// note notes where s, of this update, makes Y.Docs split items.
func (x *splits) note(s *codec.Struct) {
	if s.HasOrigin() {
		x.fresh.add(codec.ID{Client: s.Origin.Client, Clock: s.Origin.Clock + 1})
	}
	if s.HasRightOrigin() {
		x.fresh.add(s.RightOrigin)
	}
}

// forget ends an update.
func (x *splits) forget() {
	if x.active {
		x.active = false
		clear(x.fresh)
	}
}
