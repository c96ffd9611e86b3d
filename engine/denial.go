package engine

import (
	"log/slog"

	"github.com/civicpress/civic-realtime/codec"
)

// permit says why p may not bring in u, if so. Clients answer our SyncRequest
// with what they have, so an update that holds nothing new is no attempt to
// write. mu is held.
func (r *room) permit(p *Peer, u codec.CheckedUpdate) error {
	why := r.objection(p, u)
	if why == nil || r.doc.Holds(u) {
		return nil
	}
	return why
}

func (r *room) objection(p *Peer, u codec.CheckedUpdate) *Denial {
	switch {
	case p.who.ReadOnly:
		return ErrReadOnly
	case r.locked:
		return ErrLocked
	case u.HasStructs() && r.doc.Size()+len(u.Bytes()) > r.e.cfg.DocumentBytes:
		return ErrDocumentTooLarge
	}
	return nil
}

// deny counts an update that was refused for what p is, or how large it is, not
// for what it holds. Whoever has no form for errors is told once, and it is
// logged once: a client that does not listen would fill the log with every keystroke.
func (p *Peer) deny(why *Denial) {
	p.room.e.metrics.denied(why)
	first := p.blame().deniedFor(why)
	if first {
		p.room.e.log.Info("update denied", slog.Uint64("peer", p.id), slog.String("room", p.room.name), slog.String("reason", why.Reason))
	}
	if first || p.proto.Native() {
		p.room.tell(p, codec.Message{Kind: codec.Failure, Code: why.Code, Text: why.Reason})
	}
}

// tell sends p alone a message that borrows its body. It is called where p is read,
// and needs no lock: a notice is never dropped, and nothing is queued for a peer that left.
func (r *room) tell(p *Peer, m codec.Message) {
	sealed := seal(notice, p.proto, m)
	if sealed == nil {
		return
	}
	if start, _, _ := p.queue.put(sealed, r.e.cfg.QueueBytes); start {
		r.e.writers.add(p)
	}
}

// TooLong is called in place of Deliver for a message that was dropped as it was too long.
func (p *Peer) TooLong() { p.deny(ErrMessageTooLarge) }
