package engine

import (
	"log/slog"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

var conflictTexts = [conflictKinds]string{
	lacksUpdate: "something is missing here that the update refers to: " +
		"send what the room's state vector lacks",
	versionAhead: "the version is ahead of the room's: " +
		"go on from the room's, and send what its state vector lacks",
}

// requestState sends p the room's state vector. p replies with everything that it has beyond that.
// In native protocols the vector is in the welcome.
func (r *room) requestState(p *Peer, now time.Time) {
	s := &p.resync
	s.requestedAt, s.due, s.force, s.lacks = r.e.clock(now), false, false, nil
	s.requests = min(s.requests+1, maxRequests)
	if p.refusal != nil {
		p.refusal.requested = true
	}
	r.sendConflict(p)
	if p.proto.Native() {
		p.pendingAnswer().Welcome = true
		r.answerPending(p)
		return
	}
	p.askedOwn()
	vector := outbound.NewPooled(protocol.SyncRequest, r.doc.AppendStateVector)
	p.send(vector.Encode(outbound.Notice, p.proto))
}

// The pause between two requests to a peer doubles each time that the missing updates have not
// come, and grows with its refused updates.
const (
	firstPause    = time.Second
	maxRequests   = 8         // after which the pause stays at 64 s
	bytesPerPause = 256 << 10 // of refused updates, each of which adds a second
)

// requestPause returns the time from the last request to the next.
func (p *Peer) requestPause() time.Duration {
	pause := firstPause << max(0, int(p.resync.requests)-2)
	if p.refusal != nil {
		pause += time.Duration(p.refusal.bytes/bytesPerPause) * time.Second
	}
	return pause
}

// requestMissing requests p's state now, or when the pause has ended. A peer with refused updates
// is not asked: it would send them again.
func (r *room) requestMissing(p *Peer, now time.Time) {
	if p.isRefused() && !p.resync.force {
		p.clearConflict()
		return
	}
	next := r.e.began.Add(p.resync.requestedAt + p.requestPause())
	if p.resync.requestedAt == 0 || !now.Before(next) {
		r.e.metrics.resyncs.Inc()
		r.requestState(p, now)
		return
	}
	p.resync.due = true
	r.reminder = schedule.Earliest(r.reminder, next)
	r.reschedule()
}

// requestAgain is requestMissing even if nothing is missing, or updates of p are refused.
func (r *room) requestAgain(p *Peer, now time.Time) {
	p.resync.force = true
	r.requestMissing(p, now)
}

// sendDueRequests sends the requests that requestMissing put off, to peers whose updates still lack
// something, or have had no Ack. The latter is no conflict any more.
func (r *room) sendDueRequests(now time.Time) {
	r.reminder = time.Time{}
	for _, p := range r.peers {
		due, lacks := p.resync.due, p.resync.force || r.stillLacks(p)
		if p.resync.due = false; !due || !lacks {
			p.clearConflict()
		}
		if due && (lacks || p.lost > 0) {
			r.requestMissing(p, now)
		}
	}
}

// requestFromAll requests everybody's state, because an update of p made the document drop all
// pending updates. Peers with refused updates are asked when the reason for that has gone.
func (r *room) requestFromAll(p *Peer, now time.Time) {
	r.e.metrics.pendingDrops.Inc()
	r.reportMissing(p)
	p.resync.conflict = lacksUpdate
	for _, peer := range r.peers {
		if !peer.isRefused() {
			r.requestAgain(peer, now)
		}
	}
}

// maxIncomplete is the number of incomplete replies after which a y-websocket peer is notified.
const maxIncomplete = 3

// reportMissing notifies p, once, that its updates refer to others that it does not send when
// requested, so that nobody sees them. A peer that does not reply is notified after maxRequests,
// which is some minutes: updates that it sent before a request may be long on their way. Native
// peers are notified with each request.
func (r *room) reportMissing(p *Peer) {
	tried := p.resync.incomplete >= maxIncomplete || p.resync.requests >= maxRequests
	if tried && !p.proto.Native() && !p.isRefused() {
		r.deny(p, errMissing)
	}
}

// maxLacks bounds resync.lacks.
const maxLacks = 8

// unknownID stands for a missing id that is not known.
var unknownID = yjs.ID{Client: lib0.MaxSafeInteger, Clock: lib0.MaxSafeInteger}

// resync requests p's state, now or later, because of a conflict. lacks is the unknown id that p's
// update refers to.
func (r *room) resync(p *Peer, why conflict, now time.Time, lacks yjs.ID) {
	s := &p.resync
	if s.lacks = append(s.lacks, lacks); len(s.lacks) > maxLacks {
		s.lacks = slices.Delete(s.lacks, 0, len(s.lacks)-maxLacks)
	}
	s.conflict = why
	r.requestMissing(p, now)
}

// stillLacks reports whether an id that p's updates refer to is still unknown.
func (r *room) stillLacks(p *Peer) bool {
	return r.doc.PendingSize() > 0 && slices.ContainsFunc(p.resync.lacks, func(id yjs.ID) bool {
		return r.doc.Clock(id.Client) <= id.Clock
	})
}

// checkVersion compares the version that e's peer has seen with the room's. It is called after e
// was merged with nothing missing. A peer may count e as the room's next version. If it is further
// ahead its state is requested, once, as no missing update is known.
func (r *room) checkVersion(e entry, now time.Time) {
	if s := &e.peer.resync; e.seen > r.version && !s.ahead {
		s.ahead, s.force = true, true
		r.resync(e.peer, versionAhead, now, unknownID)
	}
}

// clearConflict forgets the conflict of a peer that is sent no request after all.
func (p *Peer) clearConflict() { p.resync.conflict, p.resync.lacks = noConflict, nil }

// sendConflict sends p the reason for a request, and counts it. A peer with refused updates has
// been sent the reason for that.
func (r *room) sendConflict(p *Peer) {
	why := p.resync.conflict
	if p.resync.conflict = noConflict; why == noConflict || p.refusal != nil {
		return
	}
	r.e.metrics.mismatches[why].Inc()
	r.e.mismatches.Log(r.e.log, slog.LevelInfo, "version conflict",
		slog.Uint64("peer", p.id), slog.String("room", r.name), slog.String("user", p.identity.ID),
		slog.String("reason", conflictNames[why]), slog.Uint64("version", r.version))
	if p.proto.Native() {
		p.sendMessage(outbound.Notice, protocol.Message{
			Kind: protocol.Failure, Code: protocol.CodeVersionMismatch, Text: conflictTexts[why],
		})
	}
}
