package engine

import "github.com/civicpress/civic-realtime/codec/protocol"

// receipt is for a peer whose updates are in a cut. y-websocket has none: there
// the update itself comes back.
type receipt struct {
	peer  *Peer
	count uint64
}

// owesAck notes that p is to be told when its update is durable, at once if it is.
func (r *room) owesAck(p *Peer) {
	if !p.proto.Native() {
		return
	}
	if p.unacked++; r.clean() {
		p.acknowledge(p.unacked, r.version)
		p.unacked = 0
	} else if p.unacked == 1 {
		r.writers = append(r.writers, p)
	}
}

// takeReceipts appends what this cut has for those who wrote.
func (r *room) takeReceipts(dst []receipt) []receipt {
	for i, p := range r.writers {
		dst = append(dst, receipt{p, p.unacked})
		p.unacked, r.writers[i] = 0, nil
	}
	r.writers = r.writers[:0]
	return dst
}

// acknowledge says that count updates are durable, as of a version; room.mu is held.
func (p *Peer) acknowledge(count, version uint64) {
	if !p.left() {
		p.send(seal(notice, p.proto, protocol.Message{Kind: protocol.Ack, Count: count, Version: version}))
	}
}
