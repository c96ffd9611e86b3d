package engine

import (
	"bytes"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/schedule"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// compactAndRetry compacts the document, then merges or refuses the updates that wait for that.
func (r *room) compactAndRetry() {
	var ended error
	defer r.dropUncompacted()
	defer r.guard(&ended)
	began := time.Now()
	if state, version, ok := r.compactable(); ok {
		r.compact(state, version)
	}
	for {
		e, state := r.nextUncompacted(began)
		if e == nil {
			return
		}
		r.decide(*e, state == nil || r.wouldFit(state, e.update))
	}
}

// compact compacts a state of the document, of the given version, and makes the result its form.
func (r *room) compact(state []byte, version uint64) {
	r.e.compactor.working.Lock()
	defer r.e.compactor.working.Unlock()
	if _, _, err := r.shorten(state, version); err != nil {
		r.notCompacted(err, len(state), version)
	}
}

// compactSoon starts a compaction, or makes it due for when the last one is long enough ago. mu is
// held.
func (r *room) compactSoon(now time.Time) {
	if r.compaction.dueAt.IsZero() {
		r.compaction.dueAt = schedule.Latest(now, r.compaction.notBefore)
	}
	if r.startCompacting(now); !r.compaction.dueAt.IsZero() {
		r.reschedule()
	}
}

// startCompacting starts the compaction that is due, if one is. mu is held.
func (r *room) startCompacting(now time.Time) {
	if schedule.Reached(r.compactingDue(), now) && !r.e.draining.Load() {
		r.compaction.dueAt, r.compaction.running = time.Time{}, true
		r.e.running.Go(r.compactAndRetry)
	}
}

// compactingDue returns when a compaction is due; zero if none is, or one is running.
func (r *room) compactingDue() time.Time {
	if r.compaction.running || r.state == stateGone {
		return time.Time{}
	}
	return r.compaction.dueAt
}

// compactable returns the document's state and version, if compaction may make it shorter.
func (r *room) compactable() (state []byte, version uint64, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == stateGone || r.compressed.blob != nil || !r.compactionHelps() {
		return nil, 0, false
	}
	return r.doc.AppendState(nil), r.version, true
}

// tryAfterCompaction makes e wait for a compaction, after which it is tried again. If too many
// updates wait, e is dropped, and requested later. mu is held.
func (r *room) tryAfterCompaction(e entry, now time.Time) {
	f := e.peer.addRefusal()
	f.reason, f.undecided = nil, true
	if r.e.compactor.hold(len(e.update.Bytes())) {
		e.update = yjs.Trust(bytes.Clone(e.update.Bytes()))
		r.compaction.updates = append(r.compaction.updates, e)
	} else {
		f.dropped, f.bytes = true, f.bytes+len(e.update.Bytes())
		r.ackLater(e)
	}
	r.compactSoon(now)
}

// nextUncompacted merges the waiting updates that fit by now. It returns the first that does not
// fit, with the document's state, or that needs a rebase, with a nil state. When none waits any
// more it returns nil, and ends the run of the compactor that began at began.
func (r *room) nextUncompacted(began time.Time) (e *entry, state []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.compaction.updates) > 0 && r.state != stateGone && !r.e.draining.Load() {
		next := r.compaction.updates[0]
		switch {
		case r.doc.Size()+len(next.update.Bytes()) > r.e.cfg().DocumentBytes:
			return &next, r.doc.AppendState(nil)
		case r.mustRebase(next):
			return &next, nil
		}
		r.popUncompacted()
		r.mergeFitting(next)
	}
	now := time.Now()
	r.compaction.running = false
	r.compaction.notBefore = now.Add(max(attemptGap, attemptShare*now.Sub(began)))
	if r.retryRefused(now); !r.compaction.wantsSpace {
		r.compaction.dueAt = time.Time{}
	}
	if r.overfull() {
		r.compactSoon(now)
	}
	r.reschedule()
	return nil, nil
}

// overfull reports whether the document is too large, and may not be once it is compacted.
func (r *room) overfull() bool {
	return r.doc.Size() > r.e.cfg().DocumentBytes && r.compactionHelps()
}

// compactionHelps reports whether the document may have something that compaction would drop.
func (r *room) compactionHelps() bool {
	return r.compaction.version != r.version && r.doc.HasDeletes() && !r.e.cfg().KeepHistory
}

// popUncompacted removes the first of the waiting updates from the list.
func (r *room) popUncompacted() {
	r.e.compactor.hold(-len(r.compaction.updates[0].update.Bytes()))
	r.compaction.updates = append(r.compaction.updates[:0], r.compaction.updates[1:]...)
}

// dropUncompacted drops the waiting updates of a room that has ended. Their clients still have
// them.
func (r *room) dropUncompacted() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for (r.state == stateGone || r.e.draining.Load()) && len(r.compaction.updates) > 0 {
		r.popUncompacted()
	}
}

// wouldFit reports whether a document with an update in it is small enough once it is compacted. A
// document that is too large already must not become larger.
func (r *room) wouldFit(state []byte, u yjs.CheckedUpdate) (fits bool) {
	r.e.compactor.working.Lock()
	defer r.e.compactor.working.Unlock()
	defer func() {
		if recover() != nil {
			fits = false
			r.e.metrics.compactionFailures.Inc()
		}
	}()
	doc, err := ydoc.Load(state)
	if err != nil {
		return false
	}
	doc.Apply(u)
	if r.e.cfg().KeepHistory {
		return doc.Size() <= max(r.e.cfg().DocumentBytes, len(state))
	}
	v, err := view.New(yjs.Trust(doc.AppendState(nil)), view.MaxSteps(r.e.cfg().IntegrationSteps))
	if errors.Is(err, view.ErrBudget) {
		r.overBudget()
	}
	if err != nil {
		return false
	}
	return len(v.AppendCompacted(nil)) <= max(r.e.cfg().DocumentBytes, len(state))
}

// decide merges e, which is the first of the waiting updates, or refuses it.
func (r *room) decide(e entry, fits bool) {
	if fits {
		r.rebasing.Lock()
		defer r.rebasing.Unlock()
		if e.rebase = r.rebaseFor(e); e.rebase != nil {
			e.rebase.of = 0
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state == stateGone || r.e.draining.Load() {
		return
	}
	r.popUncompacted()
	if fits {
		r.mergeFitting(e)
	} else if !r.discards(e.peer) {
		r.refuse(e, ErrDocumentTooLarge)
	}
}

// mergeFitting merges an update that fits, though its peer may have left. Updates that the peer
// sent since, and that were dropped, are then requested.
func (r *room) mergeFitting(e entry) {
	p := e.peer
	if why := r.checkWriter(p); why != nil {
		r.refuse(e, why)
		return
	}
	more := p.refusal != nil && p.refusal.dropped
	p.refusal = nil
	if err := r.apply(e); err == errRebase {
		r.ackLater(e)
		r.requestAgain(p, time.Now())
	} else if err != nil {
		r.refuseInvalid(p)
		p.close(&CloseError{Code: CloseInvalidUpdate, Reason: err.Error(), Err: err})
	} else if more && !r.discards(p) {
		r.requestAgain(p, time.Now())
	}
}
