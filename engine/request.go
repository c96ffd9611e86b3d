package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// resync is what is known of a peer whose updates refer to others that the room lacks, and
// that is sent the room's state vector, so that it sends them.
type resync struct {
	due         bool          // a request is sent at room.reminder, if something is still missing
	force       bool          // or though nothing is
	ahead       bool          // it was sent that its version is ahead of the room's
	conflict    conflict      // the reason for the next request
	requests    uint8         // since it sent what was missing
	incomplete  uint8         // its replies since then that have left something missing
	requestedAt time.Duration // the last request, by Engine.clock; zero if none
	lacks       []yjs.ID      // what its updates since then referred to that was not known
}

// requestState sends p the room's state vector, for which it sends what it has beyond that.
// A native protocol has the vector in the welcome.
func (r *room) requestState(p *Peer, now time.Time) {
	s := &p.resync
	s.requestedAt, s.due, s.force, s.lacks = r.e.clock(now), false, false, nil
	s.requests = min(s.requests+1, maxRequests)
	if p.refusal != nil {
		p.refusal.asked = true
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
	if p.keptOut() && !p.resync.force {
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
	r.reminder = earliest(r.reminder, next)
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
		if !peer.keptOut() {
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
	if tried && !p.proto.Native() && !p.keptOut() {
		r.deny(p, errMissing)
	}
}
