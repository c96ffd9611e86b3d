package engine

import (
	"errors"
	"fmt"
	"log/slog"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// compactFrom is how large a document is at least when it is compacted, in bytes.
const compactFrom = 4 << 10

// compactDue says whether the document has grown by a quarter since it was last
// compacted or loaded: what compaction costs is a small part of what it took to
// grow so.
func (r *room) compactDue(size int) bool {
	return size >= compactFrom && size > r.compacted+r.compacted/4
}

// compact takes what is deleted out of the state, and makes that the room's form
// too, or leaves the state as it is. That is a copy, so the room goes on
// meanwhile; its lock is held only to take the shorter form over.
func (s *saver) compact(r *room) {
	shorter, cuts, err := r.shorten(s.state)
	if err == nil {
		s.state, s.cuts = shorter, cuts
		return
	}
	if errors.Is(err, errHeld) {
		return // the room's form is replaced later; the snapshot has the longer one
	}
	_ = r.take(nil, len(s.state))
	r.e.metrics.compactionFailures.Inc()
	if errors.Is(err, view.ErrBudget) {
		r.overBudget()
		return
	}
	s.e.log.Error("document not compacted", slog.String("room", r.name), slog.String("reason", err.Error()))
}

var errNotReplaced = errors.New("the compacted form is not the document's")

// shorten does so. A panic is an error: the document is replaced in one step, at the end.
func (r *room) shorten(state []byte) (shorter []byte, cuts []int, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	v, err := view.New(codec.Trust(state), view.MaxSteps(r.e.cfg.IntegrationSteps))
	if err != nil {
		return nil, nil, err
	}
	doc, err := ydoc.Load(v.AppendCompacted(nil))
	if err != nil {
		return nil, nil, err
	}
	shorter, cuts = doc.AppendStateCuts(nil, nil)
	return shorter, cuts, r.take(doc, len(shorter))
}

// take makes doc, of the given size, the form of the room's document, and notes that
// it was compacted. Its error is errNotReplaced if doc is not an earlier state of it, and
// errHeld if that is left to the room's own goroutine.
func (r *room) take(doc *ydoc.Doc, size int) (err error) {
	if !r.tryTo(func() { err = r.replace(doc, size) }) {
		r.apart(func() { _ = r.replace(doc, size) })
		return errHeld
	}
	return err
}

// replace is called with mu held.
func (r *room) replace(doc *ydoc.Doc, size int) error {
	r.compacted = size
	if doc == nil || r.sealed != nil || !r.doc.Replace(doc) {
		return errNotReplaced
	}
	return nil
}
