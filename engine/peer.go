package engine

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/awareness"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// Peer is one connection in a room.
type Peer struct {
	id   uint64 // in the log; never used again
	room *room
	conn Conn
	// proto is changed by Switch: on the goroutine of Deliver, and with room.mu held.
	proto protocol.Protocol
	// identity has no Text. ReadOnly, PublishedOnly and Credential change, guarded by room.mu.
	identity Identity

	// Owned by Deliver, which is called by one goroutine at a time.
	closing bool // it is to be closed for an update that could not be read
	warned  bool // it was notified that its presence is too large
	unheard bool // it was logged that a Stateless message of it was not relayed

	// Guarded by room.mu.
	index      int32  // in room.peers, hasLeft after Leave
	welcomed   bool   // it was sent the room's state, and is sent its changes
	cameBack   bool   // it had some of a document at its last SyncRequest
	rebases    uint8  // how many of its updates were rebased
	own        uint8  // with Counted receipts: requests without a reply that answer none of its own
	updates    uint32 // of its client that were merged or refused, or wait
	resync     resync
	searchedAt time.Duration     // when its whole state was requested; zero once that has come
	pending    *outbound.Pending // the answer that it is to be sent; nil for none
	refusal    *refusal          // nil if none of its updates is refused
	unacked    uint32            // updates since the last receipt
	lost       uint32            // updates that will have no Ack, or only with a whole reply
	presence   awareness.Peer

	queue outbound.Queue // has a lock of its own

	received, sent atomic.Uint64 // messages
}

// entry is an update of a peer on its way into the document.
type entry struct {
	peer   *Peer
	update yjs.CheckedUpdate
	seen   uint64  // the version of the document that the peer says it has seen
	whole  bool    // it has everything that the peer has and the document lacks
	rebase *rebase // nil if it needs none, or none has been computed
}

const hasLeft = -1

// left is called with room.mu held.
func (p *Peer) left() bool { return p.index == hasLeft }

// leave takes the peer out of its room. lost is the error of its connection, to be logged; nil for
// none.
func (p *Peer) leave(lost error) {
	p.queue.Drop()
	r, left := p.room, false
	var ended error
	defer r.guard(&ended)
	if !r.mu.TryRun(func() { left = r.leave(p) }) {
		r.mu.Defer(func() {
			if r.leave(p) {
				go p.logLost(lost)
			}
		})
	}
	if left {
		p.logLost(lost)
	}
}

// ID returns the peer's number in the log, which no other peer has.
func (p *Peer) ID() uint64 { return p.id }

// User returns the id of the peer's user; empty if anonymous.
func (p *Peer) User() string { return p.identity.ID }

// connectionID returns the number of the peer's connection, 0 if it has none.
func (p *Peer) connectionID() uint64 {
	if c, ok := p.conn.(Numbered); ok {
		return c.ConnectionID()
	}
	return 0
}

// publishLimit publishes that a peer has exceeded a limit.
func (p *Peer) publishLimit(limit, reason string) {
	if hub := p.room.e.cfg().Events; hub.Active() {
		hub.Publish(events.Event{
			Kind: events.Limited, Subject: limit, Reason: reason,
			Room: p.room.name, User: p.identity.ID, Connection: p.connectionID(),
		})
	}
}

// logLost logs the error of a connection; nil for none.
func (p *Peer) logLost(lost error) {
	if lost != nil {
		p.room.e.log.Info("connection lost", slog.Uint64("peer", p.id), slog.String("room", p.room.name),
			slog.String("reason", lost.Error()))
	}
}

// Close writes the messages that wait for the peer, then closes its connection. A client that reads
// nothing is cut off. Close does not block; the peer leaves when its connection ends.
func (p *Peer) Close(why *CloseError) { p.close(why) }

// close is Close.
func (p *Peer) close(why *CloseError) {
	if p.queue.Close(why) {
		p.room.e.writers.Add((*writer)(p))
	} else {
		p.conn.Finish()
	}
}

// sendMessage encodes a message, which it borrows, and sends it; room.mu is held.
func (p *Peer) sendMessage(c outbound.Class, m protocol.Message) {
	p.send(outbound.Encode(c, p.proto, m))
}

// send queues a message, unless it is nil. If the queue is full, the messages that are dropped are
// noted in the pending answer. room.mu is held.
func (p *Peer) send(m *outbound.Message) {
	if m == nil || p.pending.Covers(m) {
		return
	}
	start, fits, dropped := p.queue.Put(m, p.room.e.cfg().QueueBytes)
	if start {
		p.room.e.writers.Add((*writer)(p))
	}
	if fits {
		return
	}
	p.room.e.metrics.overflows.Inc()
	if p.pending == nil {
		p.publishLimit("queue", "its client reads slowly; updates are replaced by one")
	}
	for _, d := range append(dropped, m) {
		p.pendingAnswer().AddDropped(d)
	}
}

// notify sends a notice to a peer whose protocol has a form for it; room.mu is held.
func (p *Peer) notify(level, text string) {
	m := protocol.Message{Kind: protocol.Notice, Code: level, Text: text}
	p.sendMessage(outbound.Notice, m)
}

// sendNotice sends a message, which it borrows, without the room's lock: notices are never dropped,
// and the queue of a peer that has left takes nothing.
func (p *Peer) sendNotice(m protocol.Message) {
	encoded := outbound.Encode(outbound.Notice, p.proto, m)
	if encoded == nil {
		return
	}
	if start, _, _ := p.queue.Put(encoded, p.room.e.cfg().QueueBytes); start {
		p.room.e.writers.Add((*writer)(p))
	}
}

// writer is a Peer as outbound.Writers know it.
type writer Peer

// WriteQueue calls write.
func (w *writer) WriteQueue(b *outbound.Batch, beforeWait func()) {
	(*Peer)(w).write(b, beforeWait)
}

// write writes until the queue is empty, with b as scratch space. It calls beforeWait before it has
// to wait for the client.
func (p *Peer) write(b *outbound.Batch, beforeWait func()) {
	for {
		notify, closing := p.queue.Take(b)
		b.Deflate(beforeWait)
		if len(b.Frames) > 0 {
			if err := p.conn.Write(b.Frames, beforeWait); err != nil {
				p.fail(err)
				return
			}
			p.sent.Add(uint64(len(b.Frames)))
			p.room.e.metrics.sent(b)
			continue
		}
		if closing != nil {
			p.conn.Close(closing.(*CloseError))
		} else if notify {
			p.room.queueWritten(p)
		}
		return
	}
}

var unwritable = &CloseError{Code: CloseInternal, Reason: "cannot be written to"}

// fail ends a peer whose connection cannot be written to.
func (p *Peer) fail(err error) {
	p.leave(err)
	p.conn.Close(unwritable)
}

// pendingAnswer returns p's pending answer, after making an empty one if there is none.
func (p *Peer) pendingAnswer() *outbound.Pending {
	if p.pending == nil {
		p.pending = new(outbound.Pending)
	}
	return p.pending
}
