package engine

import (
	"bytes"
	"math"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// ackWhenDurable counts an update, to be acknowledged once it is durable: at once if it is, else
// with the next cut.
func (r *room) ackWhenDurable(e entry) {
	p, n := e.peer, uint32(1)
	switch p.proto.Receipts() {
	case protocol.Echoed:
		return
	case protocol.Counted:
		if e.whole {
			n = p.reply() + p.lost
			p.lost = 0
		}
	}
	waited := p.unacked > 0
	if p.unacked += n; r.clean() {
		p.acknowledge(p.unacked, r.version)
		p.unacked = 0
	} else if !waited {
		r.commit.writers = append(r.commit.writers, p)
	}
}

// ackRest acknowledges updates that need no cut, as all they have is durable by now.
func (r *room) ackRest() {
	for _, rest := range r.takeReceipts(nil) {
		rest.peer.acknowledge(rest.count, r.version)
	}
}

// takeReceipts appends the receipts for the updates in this cut.
func (r *room) takeReceipts(dst []receipt) []receipt {
	for i, p := range r.commit.writers {
		dst = append(dst, receipt{p, p.unacked})
		p.unacked, r.commit.writers[i] = 0, nil
	}
	r.commit.writers = r.commit.writers[:0]
	return dst
}

// acknowledge notifies p that count of its updates are durable, as of a version. room.mu is held.
func (p *Peer) acknowledge(count uint32, version uint64) {
	switch {
	case p.left():
	case p.proto.Receipts() == protocol.Counted:
		saved := countedAcks[protocol.Number(p.proto)][1]
		for range count {
			p.send(saved)
		}
	default:
		m := protocol.Message{Kind: protocol.Ack, Count: uint64(count), Version: version}
		p.sendMessage(outbound.Notice, m)
	}
}

// A y-websocket client of version 4 treats the updates that it receives as receipts: each struct
// and deletion that it has written has to come back. The new parts of an update come back when the
// update is published. Other parts are echoed: sent back to their author alone, once they are
// durable. Of the updates that a client wrote before it reconnected, the room may have some whose
// receipt did not arrive, and only the client knows which. So it is sent the whole document,
// encoded once for all clients that reconnect at the same time.

// wantsReceipts reports whether p came with a document of its own and is of version 4. That is made
// for Yjs 14, whose client ids are mostly longer than 32 bits. A peer that is mistaken for one is
// sent more than it needs.
func (p *Peer) wantsReceipts() bool {
	return p.cameBack && p.presence.ClientID() > math.MaxUint32 &&
		p.proto.Receipts() == protocol.Echoed
}

// replyAsReceipt sends p the whole document if it has turned out to want receipts. mu is held.
func (r *room) replyAsReceipt(p *Peer) {
	if p.wantsReceipts() {
		pending := p.pendingAnswer()
		pending.Reply, pending.Have = true, nil
		r.answerPending(p)
	}
}

// echo sends e back to its author, once it is durable, if a part of it was known before. Deletions
// in a SyncReply are no reason: they include those that the client was sent.
func (r *room) echo(e entry, out ydoc.Result) {
	known := out.KnownStructs || out.KnownDeletes && !e.whole
	if known && e.peer.proto.Receipts() == protocol.Echoed {
		e.peer.pendingAnswer().AddEcho(bytes.Clone(e.update.Bytes()))
		r.answerPending(e.peer)
	}
}
