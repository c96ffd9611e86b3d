package engine

import (
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/groupcommit"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// The store may fail, or stand still. Then updates wait, presence goes on, people are notified
// after Config.JournalPatience, and whoever asks for the document gets what is durable of
// it. The rest follows when the store works again.

const (
	saidDelayed = "Your changes are kept here, but cannot be stored at the moment; others see them when they are"
	saidDurable = "Your changes are stored again"
)

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

// refusedRow is a row of a room that the store has refused, alone of its commit. The room keeps
// it, sends nothing of it, and has it committed again after a pause that grows, while all other
// rooms go on. The zero value is none. Guarded by room.mu.
type refusedRow struct {
	data    []byte    // the row, owned; nil while it is in a commit
	err     error     // why it was refused last; nil: there is no refused row
	since   time.Time // when it was first in a commit
	tries   int       // how often it was refused
	retryAt time.Time // when it is committed again; zero while it is in a commit
}

// hasten makes the next attempt due at now.
func (f *refusedRow) hasten(now time.Time) {
	if f.data != nil {
		f.retryAt = now
	}
}

// take returns the row for one more attempt.
func (f *refusedRow) take() (row []byte) {
	row, f.data, f.retryAt = f.data, nil, time.Time{}
	return row
}

// rowRefused keeps the row that the store has refused; mu is held.
func (r *room) rowRefused(data []byte, err error, now time.Time) {
	if r.state == stateGone {
		return
	}
	r.e.metrics.refusedRows.Inc()
	f := &r.commit.refused
	if f.err == nil {
		f.since = now
		r.e.logSampled(&r.e.rowRefusals, slog.LevelError, "journal refuses updates of a room; they wait",
			slog.String("room", r.name), slog.String("reason", err.Error()))
	}
	f.data, f.err = data, err
	f.retryAt = now.Add(groupcommit.Pause(f.tries))
	f.tries++
	r.flushPresence()
	r.reschedule()
}

// rowAccepted ends what rowRefused began; mu is held.
func (r *room) rowAccepted() {
	if r.commit.refused.err == nil {
		return
	}
	r.e.log.Info("journal accepts updates of the room again", slog.String("room", r.name), slog.Int("failures", r.commit.refused.tries))
	r.commit.refused = refusedRow{}
}

// delayDue is when people are notified that a refused row is not durable, zero if they need not be.
func (r *room) delayDue() time.Time {
	if r.commit.refused.err == nil || r.commit.delayed {
		return time.Time{}
	}
	return r.commit.refused.since.Add(r.e.cfg.JournalPatience)
}
