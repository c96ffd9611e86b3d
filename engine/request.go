package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// request asks p for what it has beyond our state vector. A native protocol has
// it in what it tells of the room.
func (r *room) request(p *Peer, now time.Time) {
	p.asked, p.askAgain, p.mustAsk, p.lacks = r.e.clock(now), false, false, nil
	p.asks = min(p.asks+1, maxAsks)
	if p.refusal != nil {
		p.refusal.asked = true
	}
	r.tellConflict(p)
	if p.proto.Native() {
		p.pendingAnswer().Welcome = true
		r.answerPending(p)
		return
	}
	p.send(outbound.NewPooled(protocol.SyncRequest, r.doc.AppendStateVector).Encode(outbound.Notice, p.proto))
}

// Pauses between two requests of a peer that does not deliver what is missing: twice as long each time,
// and longer the more it was that it sent to no avail.
const (
	firstAskPause = time.Second
	maxAsks       = 8         // beyond which it grows no more: 64 s
	bytesPerPause = 256 << 10 // for each of which there is a second more
)

func (p *Peer) askPause() time.Duration {
	pause := firstAskPause << max(0, int(p.asks)-2)
	if p.refusal != nil {
		pause += time.Duration(p.refusal.bytes/bytesPerPause) * time.Second
	}
	return pause
}

// requestMissing does so at most once an askPause; sooner, it makes a note to do it then. A peer
// of whose something is kept out would send that again, and is not asked.
func (r *room) requestMissing(p *Peer, now time.Time) {
	if p.keptOut() && !p.mustAsk {
		p.clearConflict()
		return
	}
	next := r.e.began.Add(p.asked + p.askPause())
	if p.asked == 0 || !now.Before(next) {
		r.e.metrics.resyncs.Inc()
		r.request(p, now)
		return
	}
	p.askAgain = true
	r.reminder = earliest(r.reminder, next)
	r.reschedule()
}

// askAgain does so even if nothing is known to be missing.
func (r *room) askAgain(p *Peer, now time.Time) {
	p.mustAsk = true
	r.requestMissing(p, now)
}

// remind asks those whom requestMissing put off, if what their updates refer to is still not known.
func (r *room) remind(now time.Time) {
	r.reminder = time.Time{}
	for _, p := range r.peers {
		again := p.askAgain && (p.mustAsk || r.stillLacks(p))
		if p.askAgain = false; again {
			r.requestMissing(p, now)
		} else {
			p.clearConflict()
		}
	}
}

// dropped asks everybody for what it has, as all that waited was dropped when p sent more. Who has something
// that is kept out has it for other reasons.
func (r *room) dropped(p *Peer, now time.Time) {
	r.e.metrics.pendingDrops.Inc()
	r.askedInVain(p)
	p.conflict = lacksUpdate
	for _, peer := range r.peers {
		if !peer.keptOut() {
			r.askAgain(peer, now)
		}
	}
}

// inVain is how many answers of a peer of y-websocket leave something missing before it is told.
const inVain = 3

// askedInVain tells p, once, that what it sends refers to something that it does not send when asked, so
// that nobody sees it. A peer that does not answer is told after maxAsks questions, some minutes: what it
// has sent before it was asked may be long on its way. Native protocols are told with each question.
func (r *room) askedInVain(p *Peer) {
	if (p.vain >= inVain || p.asks >= maxAsks) && !p.proto.Native() && !p.keptOut() {
		r.deny(p, errMissing)
	}
}
