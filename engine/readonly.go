package engine

import (
	"log/slog"

	"github.com/civicpress/civic-realtime/codec"
)

// readOnly is what merge does for a peer that may not write. Clients answer our
// SyncRequest with what they have, so an update that holds nothing new is no
// attempt to. mu is held.
func (r *room) readOnly(u codec.CheckedUpdate) error {
	if r.doc.Holds(u) {
		return nil
	}
	return ErrReadOnly
}

// deny counts an update that was refused for what p is, not for what it holds.
// The first time p is told, and it is logged: a client that does not listen
// would fill the log with every keystroke.
func (p *Peer) deny(why error) {
	p.room.e.metrics.denied.Inc()
	if p.denied {
		return
	}
	p.denied = true
	p.room.tell(p, codec.Message{Kind: codec.Failure, Code: codec.CodeReadOnly, Text: why.Error()})
	p.room.e.log.Info("update denied", slog.Uint64("peer", p.id), slog.String("room", p.room.name), slog.String("reason", why.Error()))
}

// tell sends p alone a message that borrows its body.
func (r *room) tell(p *Peer, m codec.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.deaf(p) {
		p.send(seal(notice, p.proto, m))
	}
}
