package engine

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/outbound"
	"github.com/civicpress/civic-realtime/engine/ydoc"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// compactFrom is the size in bytes from which on documents are compacted.
const compactFrom = 4 << 10

// compactDue reports whether the document, of the given size, has grown by a quarter since it was
// last compacted or loaded. So compaction costs a small part of the work that made it grow. It
// never is due where histories are kept.
func (r *room) compactDue(size int) bool {
	last := r.compaction.size
	return !r.e.cfg().KeepHistory && size >= compactFrom && size > last+last/4
}

// notCompacted notes that a state of the given size and version could not be compacted. There is no
// use in trying again before the document has changed.
func (r *room) notCompacted(err error, size int, version uint64) {
	if errors.Is(err, errHeld) {
		return // the room's form is replaced later; the caller goes on with the longer one
	}
	_ = r.take(nil, size, version)
	r.e.metrics.compactionFailures.Inc()
	if errors.Is(err, view.ErrBudget) {
		r.overBudget()
		return
	}
	r.e.log.Error("document not compacted", slog.String("room", r.name), reason(err))
}

var errNotReplaced = errors.New("the compacted form is not the document's")

// shorten compacts a state of the document, makes that the room's form (take), and returns it with
// the positions at which it may be cut. A panic becomes an error: the document is replaced in one
// step, at the end.
func (r *room) shorten(state []byte, version uint64) (shorter []byte, cuts []int, err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v", cause)
		}
	}()
	defer r.e.logSlow(compaction, r.name, time.Now())
	v, err := view.New(yjs.Trust(state), view.MaxSteps(r.e.cfg().IntegrationSteps))
	if err != nil {
		return nil, nil, err
	}
	doc, err := ydoc.Load(v.AppendCompacted(nil))
	if err != nil {
		return nil, nil, err
	}
	shorter, cuts = doc.AppendStateCuts(nil, nil)
	return shorter, cuts, r.take(doc, len(shorter), version)
}

// take makes doc, of the given size and version, the form of the room's document, and notes that it
// was compacted. With a nil doc it only notes it. Its error is errNotReplaced if doc is not an
// earlier state of the document, and errHeld if it was left to the room's own goroutine.
func (r *room) take(doc *ydoc.Doc, size int, version uint64) (err error) {
	if !r.mu.TryRun(func() { err = r.replace(doc, size, version) }) {
		r.mu.Defer(func() { _ = r.replace(doc, size, version) })
		return errHeld
	}
	return err
}

// replace is take with mu held. If there is room now for updates that were refused, they are
// requested.
func (r *room) replace(doc *ydoc.Doc, size int, version uint64) error {
	r.compaction.size, r.compaction.version = size, version
	if doc == nil || r.compressed.blob != nil || !r.doc.Replace(doc) {
		return errNotReplaced
	}
	r.undeletedAt = version
	r.documents = outbound.Documents{} // which have the longer form
	if r.compaction.wantsSpace {
		r.retryRefused(time.Now())
	}
	return nil
}

// overBudget counts an attempt to read the document that took more steps than
// Config.IntegrationSteps, and logs the room's first. Several goroutines may call it.
func (r *room) overBudget() {
	r.e.metrics.overBudget.Inc()
	if !r.loggedBudget.Swap(true) {
		r.e.log.Warn("document takes too many steps to read: its drafts wait, and it is not compacted",
			slog.String("room", r.name), slog.Uint64("limit", r.e.cfg().IntegrationSteps))
	}
}
