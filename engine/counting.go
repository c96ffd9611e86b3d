package engine

import (
	"math"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// A client with Counted receipts shows its user how many of its updates wait for their Ack. So each
// update has exactly one Ack that says that it is durable. One that is refused, or lacks another,
// is in the peer's next whole reply, and has its Ack with that.

// countedAcks are the Acks that refuse and accept one update, by protocol.Number.
var countedAcks = encodeAcks()

func encodeAcks() (acks [len(protocol.All)][2]*outbound.Message) {
	for i, p := range protocol.All {
		for count := range acks[i] {
			m := protocol.Message{Kind: protocol.Ack, Count: uint64(count)}
			acks[i][count] = outbound.Encode(outbound.Notice, p, m)
		}
	}
	return acks
}

// askedOwn notes that p is sent a SyncRequest that answers none of its own.
func (p *Peer) askedOwn() {
	if p.proto.Receipts() == protocol.Counted {
		p.own = min(p.own+1, math.MaxUint8-1)
	}
}

// ackRefused answers an update that is refused.
func (r *room) ackRefused(e entry) {
	p := e.peer
	if p.proto.Receipts() != protocol.Counted {
		return
	}
	n := p.due(e)
	p.lost += n
	for range n {
		p.send(countedAcks[protocol.Number(p.proto)][0])
	}
}

// ackUnseeded answers an update that is nothing but a seed of the record's text.
func (r *room) ackUnseeded(e entry) {
	if e.peer.proto.Receipts() == protocol.Counted && e.whole {
		r.ackWhenDurable(e)
		return
	}
	r.ackRefused(e)
}

// mustNotWrite reports whether an update is refused although it has nothing new, as its peer may
// not write, and would take an Ack for a permission. A reply to the room's request is none.
func (r *room) mustNotWrite(e entry) bool {
	counted := e.peer.proto.Receipts() == protocol.Counted
	return counted && !e.whole && r.checkWriter(e.peer) != nil
}

// ackLater notes an update that is left out, or waits for one that it lacks: its content will be in
// a whole reply, which is requested. A native peer is sent a welcome after it, which counts it as
// settled.
func (r *room) ackLater(e entry) {
	switch p := e.peer; p.proto.Receipts() {
	case protocol.Summed:
		p.lost = 1
	case protocol.Counted:
		p.lost += p.due(e)
	}
}
