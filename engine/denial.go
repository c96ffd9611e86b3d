package engine

import (
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// objection says why e may not be merged, if so. Clients answer our SyncRequest with what they
// have, so an update that holds nothing new is no attempt to write. mu is held.
func (r *room) objection(e entry) *Denial {
	why := r.standing(e.peer)
	if why == nil && e.update.HasStructs() && r.doc.Size()+len(e.update.Bytes()) > r.e.cfg.DocumentBytes {
		why = ErrDocumentTooLarge
	}
	if why == nil || r.doc.Contains(e.update) {
		return nil
	}
	return why
}

// standing says why p may not write, if so.
func (r *room) standing(p *Peer) *Denial {
	switch {
	case r.e.cfg.ReadOnly:
		return ErrEditingOff
	case p.who.ReadOnly:
		return ErrReadOnly
	case r.locked:
		return ErrLocked
	}
	return nil
}

// follows says whether e goes on from what is kept out of its peer's, so that it cannot be merged either.
func (r *room) follows(e entry) bool {
	return e.peer.keptOut() && e.update.HasStructs() && !r.doc.CanApply(e.update)
}

// sendNotice sends p alone a message that borrows its body. It is called where p is read, and
// needs no lock: a notice is never dropped, and nothing is queued for a peer that left.
func (r *room) sendNotice(p *Peer, m protocol.Message) {
	encoded := outbound.Encode(outbound.Notice, p.proto, m)
	if encoded == nil {
		return
	}
	if start, _, _ := p.queue.Put(encoded, r.e.cfg.QueueBytes); start {
		r.e.writers.Add((*writer)(p))
	}
}

// TooLong is called in place of Deliver for a message that was dropped as it was too long. It does not
// wait for the room's lock.
func (p *Peer) TooLong() { p.room.soon(func() { p.room.tooLong(p) }) }

// tooLong is called with mu held. A client of a native protocol, which may have gathered updates that delete
// what others of them bring, is asked once for what that comes to.
func (r *room) tooLong(p *Peer) {
	if r.deaf(p) {
		return
	}
	first := !slices.Contains(p.refused().told, ErrMessageTooLarge)
	r.refuse(entry{peer: p, whole: true}, ErrMessageTooLarge)
	p.refusal.bytes = r.e.MessageBytes() // or more
	if first && p.proto.Native() {
		r.requestAgain(p, time.Now())
	}
}
