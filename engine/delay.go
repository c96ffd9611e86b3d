package engine

import (
	"github.com/civicpress/civic-realtime/codec/protocol"
)

// The store may fail, or stand still. Then updates wait, presence goes on, people are notified
// after Config.JournalPatience, and whoever asks for the document gets what is durable of
// it. The rest follows when the store works again.

const (
	noticeDelayed = "Your changes are kept here, but cannot be stored at the moment; others see them when they are"
	noticeDurable = "Your changes are stored again"
)

// delay notifies users that the room's cut is not durable yet, and answers from what is, also
// the peers that the cut has answers for; mu is held.
func (r *room) delay() {
	if r.state == stateGone || !r.commit.pending {
		return
	}
	if !r.commit.delayed {
		r.commit.delayed = true
		r.e.metrics.delayedRooms.Inc()
		r.notify(protocol.Warning, noticeDelayed)
	}
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

// endDelay is called with mu held.
func (r *room) endDelay() {
	if r.commit.delayed {
		r.commit.delayed = false
		r.e.metrics.delayedRooms.Dec()
		r.notify(protocol.Info, noticeDurable)
	}
}

// warnOfDelay notifies p, who has just been welcomed.
func (r *room) warnOfDelay(p *Peer) {
	if r.commit.delayed {
		p.notify(protocol.Warning, noticeDelayed)
	}
}
