package engine

import (
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// receiveAwarenessRequest answers with all awareness states. mu is held.
func (r *room) receiveAwarenessRequest(p *Peer) {
	if !r.discards(p) {
		p.pendingAnswer().Presence = true
		r.answerPending(p)
	}
}

// queueWritten sends p's pending answer, if there is one, after p's queue was written. The
// goroutine that wrote it calls queueWritten; it serves other rooms too, so it does not wait for
// the lock.
func (r *room) queueWritten(p *Peer) {
	var ended error
	defer r.guard(&ended)
	if !r.mu.TryRun(func() { r.answerPresent(p) }) {
		r.mu.Defer(func() { r.answerPresent(p) })
	}
}

// answerPresent calls answerPending unless p has left. mu is held.
func (r *room) answerPresent(p *Peer) {
	if !p.left() {
		r.answerPending(p)
	}
}

// answerPending sends p's pending answer now if the room is clean, else at the next cut. In a room
// that is delayed it is made of the durable document, if there is one. While an earlier answer is
// unwritten nothing is done; queueWritten comes back to it. mu is held.
func (r *room) answerPending(p *Peer) {
	switch {
	case p.pending == nil || p.pending.Waiting || p.queue.HasAnswer():
	case r.clean():
		r.answerNow(p, r.now())
	case r.commit.delayed && !p.pending.OnlyEchoes():
		if src, ok := r.past(); ok {
			r.answerNow(p, src)
			return
		}
		fallthrough
	default:
		p.pending.Waiting = true
		r.commit.waiting = append(r.commit.waiting, p)
	}
}

// answerNow sends p's pending answer, made of src.
func (r *room) answerNow(p *Peer, src source) {
	for _, a := range r.makeAnswer(p, src, nil) {
		r.sendAnswer(a)
	}
}

// answerWaiting calls answerPending for the peers that wait for a cut.
func (r *room) answerWaiting() {
	waiting := r.commit.waiting
	r.commit.waiting = nil
	for _, p := range waiting {
		p.pending.Waiting = false
		if !p.left() {
			r.answerPending(p)
		}
	}
}

// takeAnswers makes the answers for the peers that wait for this cut. It keeps their pending
// answers in the cut: if that is delayed, delay answers again from the durable document.
func (r *room) takeAnswers() (all []answer) {
	for _, p := range r.commit.waiting {
		p.pending.Waiting = false
		if !p.left() && !p.queue.HasAnswer() {
			r.commit.cut.answered = append(r.commit.cut.answered, answered{p, p.pending})
			all = r.makeAnswer(p, r.now(), all)
		}
	}
	r.commit.waiting = nil
	return all
}

// makeAnswer makes the messages of p's pending answer from src, appends them to dst, and clears the
// pending answer.
func (r *room) makeAnswer(p *Peer, src source, dst []answer) []answer {
	pending := p.pending
	add := func(m *outbound.Message) { dst = append(dst, answer{peer: p, message: m}) }
	if pending.Welcome {
		dst = append(dst, answer{peer: p, welcome: r.newWelcome(p, src)})
	}
	if pending.Reply {
		for _, part := range r.reply(p, src) {
			add(part)
		}
	}
	if pending.Updates && !pending.Welcome {
		r.e.metrics.resyncs.Inc()
		m := outbound.NewPooled(protocol.Update, func(b []byte) []byte {
			return src.doc.AppendSince(b, pending.Missed())
		})
		outbound.EncodeDifference(p.proto, m.Body, src.version, add)
		m.Release()
	}
	p.pending = nil
	r.makeEchoes(p, pending, src, add)
	if !pending.Welcome {
		r.makePresence(p, pending, add)
	}
	return dst
}

// makeEchoes adds p's echoes. With a source of the past they stay pending, as it may lack them.
func (r *room) makeEchoes(
	p *Peer, pending *outbound.Pending, src source, add func(*outbound.Message),
) {

	if src.past && len(pending.Echoes) > 0 {
		p.pendingAnswer().Echoes = pending.Echoes
		return
	}
	for _, update := range pending.Echoes {
		outbound.EncodeDifference(p.proto, update, src.version, add)
	}
}

// sendAnswer sends an answer; mu is held.
func (r *room) sendAnswer(a answer) {
	if a.welcome != nil {
		r.welcome(a.peer, a.welcome)
		return
	}
	a.peer.send(a.message)
	if p := a.peer; p.pending != nil && !p.left() {
		r.answerPending(p) // the next portion, when this is written
	}
}
