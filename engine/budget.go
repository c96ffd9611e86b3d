package engine

import (
	"errors"
	"log/slog"

	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// revision identifies what a room's document was when it was read.
type revision struct{ version, edits uint64 }

// noteBudget records that the document of p takes more than Config.IntegrationSteps
// to read, so that it is not read again before it has changed. Drafts of it fail
// like any other: they are tried again later, and people are told in time.
func (r *room) noteBudget(p *page, err error) {
	if !errors.Is(err, view.ErrBudget) {
		return
	}
	r.lockForWork()
	r.costly = revision{p.version, p.edits}
	r.mu.Unlock()
	r.overBudget()
}

// overBudget counts an attempt, and logs the room's first. The saver, which
// compacts, and a clerk may both call it.
func (r *room) overBudget() {
	r.e.metrics.overBudget.Inc()
	if !r.toldBudget.Swap(true) {
		r.e.log.Warn("document takes too many steps to read: its drafts wait, and it is not compacted",
			slog.String("room", r.name), slog.Uint64("limit", r.e.cfg.IntegrationSteps))
	}
}
