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

// requestState sends p the room's state vector, for which it sends what it has beyond that.
// A native protocol has the vector in the welcome.
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
	vector := outbound.NewPooled(protocol.SyncRequest, r.doc.AppendStateVector)
	p.send(vector.Encode(outbound.Notice, p.proto))
}

// The pause between two requests of a peer that does not send what is missing doubles each
// time, and grows with what it has sent that was refused.
const (
	firstPause    = time.Second
	maxRequests   = 8         // after which the pause stays at 64 s
	bytesPerPause = 256 << 10 // for each of which there is a second more
)

func (p *Peer) requestPause() time.Duration {
	pause := firstPause << max(0, int(p.resync.requests)-2)
	if p.refusal != nil {
		pause += time.Duration(p.refusal.bytes/bytesPerPause) * time.Second
	}
	return pause
}

// requestMissing requests p's state now or when the pause has ended. A peer of which
// something is kept out would send that again, so it is sent none.
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

// requestAgain does so even if nothing is known to be missing.
func (r *room) requestAgain(p *Peer, now time.Time) {
	p.resync.force = true
	r.requestMissing(p, now)
}

// sendDueRequests sends the requests that requestMissing put off, where something is still
// missing.
func (r *room) sendDueRequests(now time.Time) {
	r.reminder = time.Time{}
	for _, p := range r.peers {
		again := p.resync.due && (p.resync.force || r.stillLacks(p))
		if p.resync.due = false; again {
			r.requestMissing(p, now)
		} else {
			p.clearConflict()
		}
	}
}

// requestFromAll requests everybody's state, as all updates that waited for others were
// dropped when p sent more. Peers of which something is kept out have it for other reasons.
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

// maxIncomplete is how many replies of a y-websocket peer leave something missing before
// that is reported.
const maxIncomplete = 3

// reportMissing sends p, once, that its updates refer to something that it does not send
// when requested, so that nobody sees them. A peer that does not reply is sent that after
// maxRequests, some minutes: what it sent before a request may be long on its way. Native
// peers are sent it with each request.
func (r *room) reportMissing(p *Peer) {
	tried := p.resync.incomplete >= maxIncomplete || p.resync.requests >= maxRequests
	if tried && !p.proto.Native() && !p.isRefused() {
		r.deny(p, errMissing)
	}
}

// maxLacks is how many ids are remembered that a peer's updates refer to.
const maxLacks = 8

// unknownID stands for what is missing where it is not known what that is.
var unknownID = yjs.ID{Client: lib0.MaxSafeInteger, Clock: lib0.MaxSafeInteger}

// resync requests p's state, now or later, as there is a conflict; lacks is what p's update
// refers to.
func (r *room) resync(p *Peer, why conflict, now time.Time, lacks yjs.ID) {
	s := &p.resync
	if s.lacks = append(s.lacks, lacks); len(s.lacks) > maxLacks {
		s.lacks = slices.Delete(s.lacks, 0, len(s.lacks)-maxLacks)
	}
	s.conflict = why
	r.requestMissing(p, now)
}

// stillLacks reports whether something that p's updates refer to has not come since.
func (r *room) stillLacks(p *Peer) bool {
	return r.doc.PendingSize() > 0 && slices.ContainsFunc(p.resync.lacks, func(id yjs.ID) bool {
		return r.doc.Clock(id.Client) <= id.Clock
	})
}

// checkVersion is for an update that is merged with nothing missing. A peer may count it as
// the room's next version. One that is further ahead is sent that once, as nothing that is
// known is missing.
func (r *room) checkVersion(e entry, now time.Time) {
	if s := &e.peer.resync; e.seen > r.version && !s.ahead {
		s.ahead, s.force = true, true
		r.resync(e.peer, versionAhead, now, unknownID)
	}
}

// clearConflict is for a peer that is sent no request after all.
func (p *Peer) clearConflict() { p.resync.conflict, p.resync.lacks = noConflict, nil }

// sendConflict sends p the reason of a request, and counts it. A peer of which something was
// refused has been sent that.
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
