package outbound

import (
	"cmp"
	"slices"

	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Pending is an answer that a peer is yet to be sent: to its requests, and in place of messages
// that its queue could not hold. It is made of the document when the room is clean, or at the next
// cut, and sent when that is durable, so that nobody sees updates that may be lost. A queue has at
// most one at a time. The room's lock guards it. The zero value is empty.
type Pending struct {
	Waiting  bool            // the peer waits for the next cut
	Welcome  bool            // the peer is welcomed, with the whole document
	Reply    bool            // it sent a SyncRequest
	Have     yjs.StateVector // of the SyncRequest
	Presence bool            // it is sent all awareness states, and the tombstones
	Clients  []uint64        // awareness client ids whose states are yet to be sent
	Updates  bool            // updates were dropped
	Echoes   [][]byte        // its own updates of which a part was known before

	from map[uint64]uint64 // the lowest clock dropped, by client id
}

// maxEchoes bounds the bytes of echoes for one peer. Beyond it they are replaced by a difference.
const maxEchoes = 64 << 10

// Reset clears everything but Waiting.
func (p *Pending) Reset() { *p = Pending{Waiting: p.Waiting} }

// Add adds other to p.
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

// Covers reports whether a message need not be sent because the answer will hold its content. If
// so, p has noted that. p may be nil.
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
	switch m.Class {
	case Presence:
		p.Presence = true
		return
	case Transient:
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

// addMissed notes that all structs of a client from a clock on were dropped.
func (p *Pending) addMissed(id yjs.ID) {
	if p.from == nil {
		p.from = make(map[uint64]uint64)
	}
	if lowest, ok := p.from[id.Client]; !ok || id.Clock < lowest {
		p.from[id.Client] = id.Clock
	}
}

// Missed returns, by descending client id, from which clocks on updates were dropped.
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

// OnlyEchoes reports whether nothing but echoes is pending. Such an answer can be made only of
// updates that are durable.
func (p *Pending) OnlyEchoes() bool {
	other := p.Welcome || p.Reply || p.Updates || p.Presence || len(p.Clients) > 0
	return len(p.Echoes) > 0 && !other
}
