package engine

import (
	"bytes"
	"math"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// ackWhenDurable counts an update of p, to be acknowledged once it is durable: at once if it is,
// else with the next cut.
func (r *room) ackWhenDurable(p *Peer) {
	if !p.proto.Native() {
		return
	}
	if p.unacked++; r.clean() {
		p.acknowledge(p.unacked, r.version)
		p.unacked = 0
	} else if p.unacked == 1 {
		r.commit.writers = append(r.commit.writers, p)
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
func (p *Peer) acknowledge(count, version uint64) {
	if !p.left() {
		m := protocol.Message{Kind: protocol.Ack, Count: count, Version: version}
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
	return p.cameBack && p.presence.ClientID() > math.MaxUint32 && !p.proto.Native()
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
	if known := out.KnownStructs || out.KnownDeletes && !e.whole; known && !e.peer.proto.Native() {
		e.peer.pendingAnswer().AddEcho(bytes.Clone(e.update.Bytes()))
		r.answerPending(e.peer)
	}
}
