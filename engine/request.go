package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// payment is a parcel that was encoded at a cut and is sent when that is durable.
type payment struct {
	peer    *Peer
	parcel  *parcel
	welcome *welcome // in its place
}

// deliver sends what is owed; mu is held.
func (r *room) deliver(owed payment) {
	if owed.welcome != nil {
		r.welcome(owed.peer, owed.welcome)
		return
	}
	owed.peer.send(owed.parcel)
	if p := owed.peer; p.debt != nil && !p.left() {
		r.settle(p) // the next portion, when this is written
	}
}

// answer is asked for by a SyncRequest: what a client at have lacks; mu is held.
func (r *room) answer(p *Peer, have yjs.StateVector) {
	if r.deaf(p) {
		return
	}
	if p.cameBack = len(have) > 0; p.wantsReceipts() {
		have = nil
	}
	d := p.owe()
	d.reply, d.have = true, append(d.have[:0], have...)
	r.settle(p)
}

// introduceTo is asked for by an AwarenessRequest; mu is held.
func (r *room) introduceTo(p *Peer) {
	if !r.deaf(p) {
		p.owe().presence = true
		r.settle(p)
	}
}

// written is called by p's writer, which serves others too, when all is written and p
// may be owed something.
func (r *room) written(p *Peer) {
	var ended error
	defer r.guard(&ended)
	if !r.tryTo(func() { r.settlePresent(p) }) {
		r.apart(func() { r.settlePresent(p) })
	}
}

func (r *room) settlePresent(p *Peer) {
	if !p.left() {
		r.settle(p)
	}
}

// settle pays p's debt now if the room is clean, else at the next cut; and not
// while an earlier payment is unwritten, when the writer comes back here.
func (r *room) settle(p *Peer) {
	switch {
	case p.debt == nil || p.debt.waiting || p.queue.busy():
	case r.clean():
		r.payNow(p, r.now())
	case r.delayed && !p.debt.onlyEchoes():
		if src, ok := r.past(); ok {
			r.payNow(p, src)
			return
		}
		fallthrough
	default:
		p.debt.waiting = true
		r.waiting = append(r.waiting, p)
	}
}

func (r *room) payNow(p *Peer, src source) {
	for _, owed := range r.pay(p, src, nil) {
		r.deliver(owed)
	}
}

// settleAll does so for those who wait for a cut.
func (r *room) settleAll() {
	waiting := r.waiting
	r.waiting = nil
	for _, p := range waiting {
		p.debt.waiting = false
		if !p.left() {
			r.settle(p)
		}
	}
}

// payAll returns the payments of those who wait for this cut, and notes what they are for.
func (r *room) payAll() (all []payment) {
	for _, p := range r.waiting {
		p.debt.waiting = false
		if !p.left() && !p.queue.busy() {
			r.cut.owed = append(r.cut.owed, owed{p, p.debt})
			all = r.pay(p, r.now(), all)
		}
	}
	r.waiting = nil
	return all
}

// pay clears p's debt and appends what it is owed, made of src.
func (r *room) pay(p *Peer, src source, dst []payment) []payment {
	d := p.debt
	pay := func(owed *parcel) { dst = append(dst, payment{peer: p, parcel: owed}) }
	if d.room {
		dst = append(dst, payment{peer: p, welcome: r.newWelcome(p, src)})
	}
	if d.reply {
		for _, part := range r.reply(p, src) {
			pay(part)
		}
	}
	if d.updates && !d.room {
		r.e.metrics.resyncs.Inc()
		m := lend(protocol.Update, func(b []byte) []byte { return src.doc.AppendSince(b, d.lost()) })
		eachPart(m.Body, p.proto, func(part []byte) {
			pay(seal(answer, p.proto, protocol.Message{Kind: protocol.Update, Body: part, Version: src.version}))
		})
		m.repay()
	}
	p.debt = nil
	r.payEchoes(p, d, src, pay)
	if !d.room {
		r.payPresence(p, d, pay)
	}
	return dst
}

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
		p.owe().room = true
		r.settle(p)
		return
	}
	p.send(lend(protocol.SyncRequest, r.doc.AppendStateVector).seal(notice, p.proto))
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
		p.settleConflict()
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
			p.settleConflict()
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
