package outbound

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Pending is an answer that a peer has yet to be sent: what it asked for, and replacements
// for what its queue could not hold. It is made of the document when the room is clean, or
// at the next cut, and sent when that is durable, so that nobody sees what may be lost. At
// most one is in a queue at a time. The room's lock guards it. The zero value is nothing.
type Pending struct {
	Waiting  bool            // the peer waits for the next cut
	Welcome  bool            // the peer is welcomed, with the whole document
	Reply    bool            // it sent a SyncRequest
	Have     yjs.StateVector // with that
	Presence bool            // it is sent all states, and which were removed
	Clients  []uint64        // awareness client ids that are left of all states
	Updates  bool            // updates were dropped
	Echoes   [][]byte        // its own updates, with something that was known before

	from map[uint64]uint64 // the lowest clock dropped, by client id
}

// maxEchoes is how many bytes of echoes wait for one peer. Of more it is sent what was
// written since.
const maxEchoes = 64 << 10

// Reset leaves nothing but whether the peer waits.
func (p *Pending) Reset() { *p = Pending{Waiting: p.Waiting} }

// Add adds what other has.
func (p *Pending) Add(other *Pending) {
	if other.Reply && !p.Reply {
		p.Reply, p.Have = true, other.Have
	}
	p.Welcome = p.Welcome || other.Welcome
	p.Presence = p.Presence || other.Presence
	p.Updates = p.Updates || other.Updates
	p.Clients = append(p.Clients, other.Clients...)
	for _, update := range other.Echoes {
		p.AddEcho(update)
	}
	for client, clock := range other.from {
		p.addMissed(yjs.ID{Client: client, Clock: clock})
	}
}

// Covers reports whether a message need not be sent because the answer will hold it, which
// p, that may be nil, has noted then.
func (p *Pending) Covers(m *Message) bool {
	switch {
	case p == nil:
	case p.Welcome && m.droppable():
		return true
	case m.Class == Update && p.Updates:
		p.AddDropped(m)
		return true
	case m.Class == Presence && p.Presence:
		return true
	}
	return false
}

// AddDropped notes that m was dropped.
func (p *Pending) AddDropped(m *Message) {
	if m.Class == Presence {
		p.Presence = true
		return
	}
	u, err := yjs.CheckUpdate(m.Update)
	if err != nil {
		panic(err) // we wrote it
	}
	p.addUpdate(u)
}

// addUpdate notes that an update was dropped.
func (p *Pending) addUpdate(u yjs.CheckedUpdate) {
	p.Updates = true
	for s := range u.Sections() {
		p.addMissed(yjs.ID{Client: s.Client, Clock: s.Clock})
	}
}

// addMissed notes that all from a client's clock on was dropped.
func (p *Pending) addMissed(id yjs.ID) {
	if p.from == nil {
		p.from = make(map[uint64]uint64)
	}
	if lowest, ok := p.from[id.Client]; !ok || id.Clock < lowest {
		p.from[id.Client] = id.Clock
	}
}

// Missed is from where on updates were dropped, by descending client id.
func (p *Pending) Missed() (from yjs.StateVector) {
	for client, clock := range p.from {
		from = append(from, yjs.ID{Client: client, Clock: clock})
	}
	slices.SortFunc(from, func(a, b yjs.ID) int { return cmp.Compare(b.Client, a.Client) })
	return from
}

// AddEcho adds an update, which it keeps.
func (p *Pending) AddEcho(update []byte) {
	size := len(update)
	for _, before := range p.Echoes {
		size += len(before)
	}
	if p.Echoes = append(p.Echoes, update); size <= maxEchoes {
		return
	}
	for _, u := range p.Echoes {
		p.addUpdate(yjs.Trust(u))
	}
	p.Echoes = nil
}

// OnlyEchoes reports whether the answer can be made only of what is durable by now.
func (p *Pending) OnlyEchoes() bool {
	other := p.Welcome || p.Reply || p.Updates || p.Presence || len(p.Clients) > 0
	return len(p.Echoes) > 0 && !other
}
