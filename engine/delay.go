package engine

import (
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// The store may fail, or stand still. Then updates wait, presence goes on, people are notified
// after Config.JournalPatience, and whoever asks for the document gets what is durable of
// it. The rest follows when the store works again.

const (
	saidDelayed = "Your changes are kept here, but cannot be stored at the moment; others see them when they are"
	saidDurable = "Your changes are stored again"
)

var errJournalStands = errors.New("journal stands still; updates wait")

// source is what answers are made of: the document as it is, or as it was.
type source struct {
	doc interface {
		AppendStateVector(dst []byte) []byte
		AppendState(dst []byte) []byte
		AppendDiff(dst []byte, have yjs.StateVector) []byte
		AppendSince(dst []byte, from yjs.StateVector) []byte
	}
	version uint64
	past    bool // as it was
}

// now is the document as it is.
func (r *room) now() source { return source{&r.doc, r.version, false} }

// past is the document as it is durable, for a room that is delayed. A record's text is
// as good, as it can be had again. A room of a record that has neither yet has no past:
// who writes on its empty page would not see the record's text.
func (r *room) past() (src source, ok bool) {
	last, version := yjs.Trust(r.commit.cut.update), r.commit.durable
	if r.commit.cut.seed {
		last, version = yjs.Trust(nil), r.commit.cut.version
	}
	return source{r.doc.StateBefore(last), version, true}, r.record == nil || version > 0
}

// delay notifies users that the room's cut is not durable yet, and answers from what is, also
// the peers that the cut has answers for; mu is held.
func (r *room) delay() {
	if r.state == stateGone || !r.commit.pending {
		return
	}
	if !r.commit.delayed {
		r.commit.delayed = true
		r.e.metrics.delayedRooms.Inc()
		r.notify(protocol.Warning, saidDelayed)
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
		r.notify(protocol.Info, saidDurable)
	}
}

// warnOfDelay notifies p, who has just been welcomed.
func (r *room) warnOfDelay(p *Peer) {
	if r.commit.delayed {
		p.sendMessage(outbound.Notice, protocol.Message{Kind: protocol.Notice, Code: protocol.Warning, Text: saidDelayed})
	}
}

// wait begins or goes on to wait for the store, at now, and says when people are to be notified.
func (f *flusher) wait(now time.Time) time.Time {
	if f.waitsFrom.IsZero() {
		f.waitsFrom = now
	}
	return f.waitsFrom.Add(f.e.cfg.JournalPatience)
}

// delay notifies the rooms whose rows are not durable, and has those told that follow.
func (f *flusher) delay() {
	f.behind.Store(true)
	for _, r := range f.rooms {
		r.runLocked(r.delay)
	}
	for _, r := range f.offers.all() {
		r.runLocked(r.delay)
	}
}
