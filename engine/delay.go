package engine

import (
	"github.com/civicpress/civic-realtime/codec/protocol"
)

// While the store fails or does not answer, updates wait and presence goes on. After
// Config.JournalPatience users are notified, and requests for the document are answered with the
// durable document. All else is sent once the store works again.

const (
	noticeDelayed = "Your changes are kept here, but cannot be stored at the moment; others see them when they are"
	noticeDurable = "Your changes are stored again"
)

// delay notifies users that the room's cut is not durable yet, and lets the draft be saved that
// waits for that. It answers from the durable document all peers that wait for an answer, also
// those whose answers are in the cut. mu is held.
func (r *room) delay() {
	if r.state == stateGone || !r.commit.pending {
		return
	}
	if !r.commit.delayed {
		r.commit.delayed = true
		r.e.metrics.delayedRooms.Inc()
		r.notify(protocol.Warning, noticeDelayed)
	}
	r.record.RowDelayed()
	if _, ok := r.past(); !ok {
		return
	}
	for _, o := range r.commit.cut.answered {
		if !o.peer.left() {
			o.peer.pendingAnswer().Add(o.pending)
			r.answerPending(o.peer)
		}
	}
	r.commit.cut.answered, r.commit.cut.answers = nil, nil
	r.answerWaiting()
}

// endDelay notifies users that their changes are durable again, if delay notified them. mu is held.
func (r *room) endDelay() {
	if r.commit.delayed {
		r.commit.delayed = false
		r.e.metrics.delayedRooms.Dec()
		r.notify(protocol.Info, noticeDurable)
	}
}

// warnOfDelay notifies p, which has just been welcomed, if the room is delayed.
func (r *room) warnOfDelay(p *Peer) {
	if r.commit.delayed {
		p.notify(protocol.Warning, noticeDelayed)
	}
}
