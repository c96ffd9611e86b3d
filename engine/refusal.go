package engine

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// dependsOnRefused reports whether e cannot be merged because it depends on a refused update of its
// peer.
func (r *room) dependsOnRefused(e entry) bool {
	return e.peer.isRefused() && e.update.HasStructs() && !r.doc.CanApply(e.update)
}

// refuse notes that e is refused, and notifies its peer.
func (r *room) refuse(e entry, reason *Denial) {
	f := e.peer.addRefusal()
	if e.whole {
		f.bytes, f.requested = 0, false
	}
	f.reason, f.undecided = reason, false
	f.bytes += len(e.update.Bytes())
	r.compaction.wantsSpace = r.compaction.wantsSpace || reason == ErrDocumentTooLarge
	r.deny(e.peer, reason)
	r.ackRefused(e)
}

// refuseInvalid notes that an update of p could not be read. The caller notifies p.
func (r *room) refuseInvalid(p *Peer) {
	f := p.addRefusal()
	f.reason, f.sent = errInvalidUpdate, append(f.sent, errInvalidUpdate)
}

// deny counts a denial, logs it and sends it to p: each time to a native peer, else once.
func (r *room) deny(p *Peer, reason *Denial) {
	r.e.metrics.denied(reason)
	f := p.addRefusal()
	first := !slices.Contains(f.sent, reason)
	if first {
		f.sent = append(f.sent, reason)
		r.logDenial(p, reason)
	}
	if first || p.proto.Native() {
		m := protocol.Message{Kind: protocol.Failure, Code: reason.Code, Text: reason.Reason}
		p.sendMessage(outbound.Notice, m)
	}
}

// logDenial logs a denial. That an update is too large is logged once for the room until it is
// merged after all, as its client may come back and send it again for hours. Other reasons are
// logged once for a connection.
func (r *room) logDenial(p *Peer, reason *Denial) {
	level := slog.LevelInfo
	if reason == ErrMessageTooLarge || reason == ErrDocumentTooLarge {
		if slices.Contains(r.loggedDenials, reason) {
			return
		}
		r.loggedDenials = append(r.loggedDenials, reason)
		level = slog.LevelWarn
		p.publishLimit("document", reason.Reason)
	}
	r.e.log.Log(context.Background(), level, "update denied",
		slog.Uint64("peer", p.id), slog.String("room", r.name),
		slog.String("user", p.identity.ID), slog.String("reason", reason.Reason))
}

// dropDependent drops an update that depends on a refused one, and sends p the reason of that.
// While it is undecided, only a native peer is sent one, as it waits for a reply to each update.
func (r *room) dropDependent(e entry, now time.Time) {
	p, f := e.peer, e.peer.refusal
	f.dropped = true
	f.bytes += len(e.update.Bytes())
	if f.reason != nil {
		r.deny(p, f.reason)
	} else if p.proto.Native() {
		r.deny(p, ErrDocumentTooLarge)
	}
	r.ackRefused(e)
	r.requestIfSmaller(e, now)
}

// requestIfSmaller requests the refused updates of a peer that has deleted something. That may be
// their content, as when a user removes a large picture again.
func (r *room) requestIfSmaller(e entry, now time.Time) {
	p := e.peer
	decided := p.isRefused() && !p.refusal.undecided
	if decided && !isAboutWriter(p.refusal.reason) && e.update.HasDeletes() {
		r.requestAgain(p, now)
	}
}

// accepted notes that e is in the document, and nothing that it refers to is missing.
func (r *room) accepted(e entry) {
	p := e.peer
	f := p.refusal
	if f == nil {
		p.resync.requests, p.resync.incomplete = 0, 0
	} else if e.whole || p.proto.Native() && f.requested {
		p.refusal, p.resync.requests, p.resync.incomplete = nil, 0, 0
		r.loggedDenials = slices.DeleteFunc(r.loggedDenials, func(reason *Denial) bool {
			return slices.Contains(f.sent, reason)
		})
	}
}

// retryRefused requests refused updates from the peers for which the reason has gone.
func (r *room) retryRefused(now time.Time) {
	r.compaction.wantsSpace = false
	for _, p := range r.peers {
		switch {
		case p.isRefused() && r.mayRetry(p):
			p.refusal.reason, p.refusal.undecided = nil, false
			p.refusal.sent = slices.DeleteFunc(p.refusal.sent, isAboutWriter)
			r.requestAgain(p, now)
		case !p.isRefused() && p.lost > 0 && p.own == 0 && r.checkWriter(p) == nil:
			r.requestAgain(p, now) // they had nothing new, and have no Ack that they are saved
		}
		tooLarge := p.isRefused() && p.refusal.reason == ErrDocumentTooLarge
		r.compaction.wantsSpace = r.compaction.wantsSpace || tooLarge
	}
}

// mayRetry reports whether p's refused updates may be requested.
func (r *room) mayRetry(p *Peer) bool {
	f := p.refusal
	switch {
	case r.checkWriter(p) != nil:
		return false
	case f.reason == ErrDocumentTooLarge:
		return r.doc.Size()+f.bytes <= r.e.cfg().DocumentBytes
	}
	return f.undecided && len(r.compaction.updates) == 0 || isAboutWriter(f.reason)
}

// TooLong handles a message that was dropped because it was too long, in place of Deliver. It does
// not wait for the room's lock.
func (p *Peer) TooLong() { p.room.runLocked(func() { p.room.tooLong(p) }) }

// tooLong is TooLong with mu held. A native peer's updates are requested once: the message may have
// been several of them, some of which delete the content of others.
func (r *room) tooLong(p *Peer) {
	if r.discards(p) {
		return
	}
	p.updates++ // which a message of that length is
	first := !slices.Contains(p.addRefusal().sent, ErrMessageTooLarge)
	r.refuse(entry{peer: p, whole: true}, ErrMessageTooLarge)
	p.refusal.bytes = r.e.MessageBytes() // or more
	if first && p.proto.Native() {
		r.requestAgain(p, time.Now())
	}
}
