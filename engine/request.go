package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec"
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
}

// answer is asked for by a SyncRequest: what a client at have lacks; mu is held.
func (r *room) answer(p *Peer, have codec.StateVector) {
	if r.deaf(p) {
		return
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

// point takes a cursor from p; mu is held.
func (r *room) point(p *Peer, cursor []byte) {
	if !r.deaf(p) {
		now := time.Now()
		r.presence.point(p, cursor, now)
		r.heard(now)
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
		for _, owed := range r.pay(p, nil) {
			r.deliver(owed)
		}
	default:
		p.debt.waiting = true
		r.waiting = append(r.waiting, p)
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

// payAll returns the payments of those who wait for this cut.
func (r *room) payAll() (all []payment) {
	for _, p := range r.waiting {
		p.debt.waiting = false
		if !p.left() && !p.queue.busy() {
			all = r.pay(p, all)
		}
	}
	r.waiting = nil
	return all
}

// pay clears p's debt and appends what it is owed, as the document is now.
func (r *room) pay(p *Peer, dst []payment) []payment {
	d := p.debt
	pay := func(owed *parcel) { dst = append(dst, payment{peer: p, parcel: owed}) }
	if d.room {
		dst = append(dst, payment{peer: p, welcome: r.newWelcome(p)})
	}
	if d.reply {
		for _, part := range r.reply(p) {
			pay(part)
		}
	}
	if d.updates && !d.room {
		r.e.metrics.resyncs.Inc()
		m := lend(codec.Update, func(b []byte) []byte { return r.doc.AppendSince(b, d.from) })
		eachPart(m.Body, p.proto, func(part []byte) {
			pay(seal(answer, p.proto, codec.Message{Kind: codec.Update, Body: part, Version: r.version}))
		})
		m.repay()
	}
	if d.presence && !d.room {
		lent := lendUtterances()
		lent.all = r.presence.everyone(lent.all, true)
		p.tellings(lent.all, func(m codec.Message) { pay(seal(answer, p.proto, m)) })
		lent.repay()
	}
	p.debt = nil
	return dst
}

// request asks p for what it has beyond our state vector. A native protocol has
// it in what it tells of the room.
func (r *room) request(p *Peer, now time.Time) {
	p.asked, p.askAgain = r.e.clock(now), false
	if p.proto.Native() {
		p.send(seal(notice, p.proto, mismatch))
		p.owe().room = true
		r.settle(p)
		return
	}
	p.send(lend(codec.SyncRequest, r.doc.AppendStateVector).seal(notice, p.proto))
}

var mismatch = codec.Message{Kind: codec.Failure, Code: codec.CodeVersionMismatch, Text: "something is missing here: send what the room's state vector lacks"}

// requestMissing does so at most once a second; sooner, it makes a note to do it then.
func (r *room) requestMissing(p *Peer, now time.Time) {
	next := r.e.began.Add(p.asked + time.Second)
	if p.asked == 0 || !now.Before(next) {
		r.request(p, now)
		return
	}
	p.askAgain = true
	r.reminder = earliest(r.reminder, next)
	r.reschedule()
}

// remind asks those whom requestMissing put off, if something still waits.
func (r *room) remind(now time.Time) {
	r.reminder = time.Time{}
	for _, p := range r.peers {
		again := p.askAgain && r.doc.PendingSize() > 0
		p.askAgain = false
		if again {
			r.requestMissing(p, now)
		}
	}
}
