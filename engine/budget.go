package engine

import "log/slog"

// overBudget counts an attempt to read the document that took more steps than
// Config.IntegrationSteps, and logs the room's first. Several goroutines may call it.
func (r *room) overBudget() {
	r.e.metrics.overBudget.Inc()
	if !r.loggedBudget.Swap(true) {
		r.e.log.Warn("document takes too many steps to read: its drafts wait, and it is not compacted",
			slog.String("room", r.name), slog.Uint64("limit", r.e.cfg.IntegrationSteps))
	}
}
