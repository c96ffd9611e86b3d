package engine

import (
	"bytes"
	"math"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// ackWhenDurable has p acknowledged one more update when that is durable, at once if it is.
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

// acknowledge sends p that count updates are durable, as of a version; room.mu is held.
func (p *Peer) acknowledge(count, version uint64) {
	if !p.left() {
		m := protocol.Message{Kind: protocol.Ack, Count: count, Version: version}
		p.sendMessage(outbound.Notice, m)
	}
}

// A y-websocket client of version 4 takes what it is sent for a receipt: each struct and
// deletion that it has written has to come back. What is new in an update comes back when it
// is published. The rest is an echo: it is sent back to its author alone, when it is durable.
// Of what the client wrote before it reconnected, the room may have some whose receipt did
// not arrive, and only the client knows which: it is sent the whole document, which all who
// reconnect at the same time share.

// wantsReceipts reports whether p came with a document of its own and is of version 4: that
// is made for Yjs 14, whose client ids are mostly longer than 32 bits. A peer that is taken
// for one by mistake is sent more than it needs.
func (p *Peer) wantsReceipts() bool {
	return p.cameBack && p.presence.ClientID() > math.MaxUint32 && !p.proto.Native()
}

// replyAsReceipt sends p the whole document if it has turned out to want receipts; mu is
// held.
func (r *room) replyAsReceipt(p *Peer) {
	if p.wantsReceipts() {
		pending := p.pendingAnswer()
		pending.Reply, pending.Have = true, nil
		r.answerPending(p)
	}
}

// echo has the part of e that was known before sent back to its author. A SyncReply has all
// deletions that the client knows, of which it has been sent those of the room.
func (r *room) echo(e entry, out ydoc.Result) {
	if known := out.KnownStructs || out.KnownDeletes && !e.whole; known && !e.peer.proto.Native() {
		e.peer.pendingAnswer().AddEcho(bytes.Clone(e.update.Bytes()))
		r.answerPending(e.peer)
	}
}
