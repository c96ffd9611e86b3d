package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// receiveSyncRequest answers p with all updates beyond the state vector have, which it borrows. Its
// error is errFormer. mu is held.
func (r *room) receiveSyncRequest(p *Peer, have yjs.StateVector) error {
	if r.discards(p) {
		return nil
	}
	if r.knowsFormer(have) {
		return r.refuseFormer()
	}
	if p.cameBack = len(have) > 0; p.wantsReceipts() {
		have = nil
	}
	if p.proto.Receipts() == protocol.Counted {
		r.answersCounted(p)
	}
	pending := p.pendingAnswer()
	pending.Reply, pending.Have = true, append(pending.Have[:0], have...)
	r.answerPending(p)
	return nil
}

// answersCounted begins to count p's updates anew, as p does with each SyncRequest, and answers
// with the room's own SyncRequest.
func (r *room) answersCounted(p *Peer) {
	p.unacked, p.lost = 0, 0
	for i := range r.commit.cut.receipts {
		if got := &r.commit.cut.receipts[i]; got.peer == p {
			got.count = 0
		}
	}
	r.requestState(p, time.Now())
	p.own--
}

// resume goes on with a client that does not know that it was away: its updates that wait for an
// Ack are in its reply, and it is sent the whole document.
func (r *room) resume(p *Peer, waiting uint32) {
	p.lost = waiting
	r.requestState(p, time.Now())
	p.pendingAnswer().Reply = true
	r.answerPending(p)
}

// requestFirst requests p's state. A client that counts its updates is sent the request as the
// answer to its own, unless it does not send one, as it has been here before.
func (r *room) requestFirst(p *Peer, now time.Time) {
	if p.proto.Receipts() != protocol.Counted {
		r.requestState(p, now)
		return
	}
	if c, ok := p.conn.(Resumer); ok {
		if waiting, resumes := c.Resumes(); resumes {
			r.resume(p, waiting)
		}
	}
}
