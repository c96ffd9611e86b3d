package engine

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// refusal is what a room remembers of a peer some of whose writing it did not take, until it has
// that. A client's clocks are contiguous, so nothing that goes on from what was refused can be
// merged either: it is dropped, and the peer is asked for all of it when the reason has gone.
// Guarded by room.mu.
type refusal struct {
	why   *Denial   // of what is kept out; nil while nothing is
	tried bool      // what is kept out is to be decided when the document has been compacted; why is nil
	more  bool      // something was dropped since then
	told  []*Denial // what the peer has been told
	bytes int       // about how much the document would grow by what is kept out
	asked bool      // the peer has been asked for what was refused
}

// keptOut says whether something of p's is, so that asking for it is of no use yet.
func (p *Peer) keptOut() bool { return p.refusal != nil && (p.refusal.why != nil || p.refusal.tried) }

// refused is p's refusal, to be added to.
func (p *Peer) refused() *refusal {
	if p.refusal == nil {
		p.refusal = new(refusal)
	}
	return p.refusal
}

// entry is an update of a peer's on its way into the document.
type entry struct {
	peer   *Peer
	update yjs.CheckedUpdate
	seen   uint64  // the version of the document that the peer says it has seen
	whole  bool    // it is all that the peer has and the document lacks
	rebase *rebase // nil: it needs none, or none is worked out yet
}

// refuse keeps e out of the document. It counts an update that is refused for what its peer is, or
// how large it is, not for what it holds. A peer whose protocol has no form for errors is told once.
func (r *room) refuse(e entry, why *Denial) {
	f := e.peer.refused()
	if e.whole {
		f.bytes, f.asked = 0, false
	}
	f.why, f.tried = why, false
	f.bytes += len(e.update.Bytes())
	r.wanting = r.wanting || why == ErrDocumentTooLarge
	r.deny(e.peer, why)
}

// deny tells p why something of its is refused.
func (r *room) deny(p *Peer, why *Denial) {
	r.e.metrics.denied(why)
	f := p.refused()
	first := !slices.Contains(f.told, why)
	if first {
		f.told = append(f.told, why)
		r.logDenial(p, why)
	}
	if first || p.proto.Native() {
		p.sendMessage(outbound.Notice, protocol.Message{Kind: protocol.Failure, Code: why.Code, Text: why.Reason})
	}
}

// logDenial logs that p is denied something. What is too large is logged once for the room, as its client may
// come back and send it again for hours; that a user may not write, once a connection. When it has been delivered
// after all it is news again.
func (r *room) logDenial(p *Peer, why *Denial) {
	level := slog.LevelInfo
	if why == ErrMessageTooLarge || why == ErrDocumentTooLarge {
		if slices.Contains(r.loggedDenials, why) {
			return
		}
		r.loggedDenials = append(r.loggedDenials, why)
		level = slog.LevelWarn
	}
	r.e.log.Log(context.Background(), level, "update denied", slog.Uint64("peer", p.id), slog.String("room", r.name),
		slog.String("user", p.who.ID), slog.String("reason", why.Reason))
}

// keepOut notes that an update of p's could not be read; its peer is told what is wrong with it.
func (r *room) keepOut(p *Peer) {
	f := p.refused()
	f.why, f.told = errInvalidUpdate, append(f.told, errInvalidUpdate)
}

// drop drops what goes on from what is kept out. It is told of like that; while it is not decided yet,
// only to protocols in which each update is answered.
func (r *room) drop(e entry, now time.Time) {
	p, f := e.peer, e.peer.refusal
	f.more = true
	f.bytes += len(e.update.Bytes())
	if f.why != nil {
		r.deny(p, f.why)
	} else if p.proto.Native() {
		r.deny(p, ErrDocumentTooLarge)
	}
	r.mayFitNow(e, now)
}

// mayFitNow asks a peer that has deleted something whether what was refused of it fits now: it may
// have deleted that itself, as somebody does who takes a picture out again.
func (r *room) mayFitNow(e entry, now time.Time) {
	p := e.peer
	if !p.keptOut() || p.refusal.tried || !e.update.HasDeletes() {
		return
	}
	switch p.refusal.why {
	case ErrReadOnly, ErrLocked, ErrEditingOff:
	default:
		r.requestAgain(p, now)
	}
}

// delivered notes that e is in the document, with nothing missing.
func (r *room) delivered(e entry) {
	p := e.peer
	f := p.refusal
	if f == nil {
		p.resync.requests, p.resync.incomplete = 0, 0
	} else if e.whole || p.proto.Native() && f.asked {
		p.refusal, p.resync.requests, p.resync.incomplete = nil, 0, 0
		r.loggedDenials = slices.DeleteFunc(r.loggedDenials, func(why *Denial) bool { return slices.Contains(f.told, why) })
	}
}

// lift asks for what was refused those whom nothing keeps from bringing it in any more.
func (r *room) lift(now time.Time) {
	r.wanting = false
	for _, p := range r.peers {
		if p.keptOut() && r.mayDeliver(p) {
			p.refusal.why, p.refusal.tried = nil, false
			p.refusal.told = slices.DeleteFunc(p.refusal.told, isStanding)
			r.requestAgain(p, now)
		}
		r.wanting = r.wanting || p.keptOut() && p.refusal.why == ErrDocumentTooLarge
	}
}

// isStanding says whether a peer is denied something for what it is, and not for what it sends.
func isStanding(why *Denial) bool {
	return why == ErrReadOnly || why == ErrLocked || why == ErrEditingOff
}

// mayDeliver says whether what is kept out of p's may be asked for.
func (r *room) mayDeliver(p *Peer) bool {
	f := p.refusal
	switch {
	case r.standing(p) != nil:
		return false
	case f.why == ErrDocumentTooLarge:
		return r.doc.Size()+f.bytes <= r.e.cfg.DocumentBytes
	}
	return f.tried && len(r.attempts) == 0 || isStanding(f.why)
}
