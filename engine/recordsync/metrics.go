package recordsync

import (
	"fmt"

	"github.com/VictoriaMetrics/metrics"
)

// counters are the metrics of a Syncer, in the set of its Config.
type counters struct {
	seeded, restored, notBegun *metrics.Counter
	drafts, draftFailures      *metrics.Counter
	fetchFailures              *metrics.Counter
	snapshotFailures           *metrics.Counter
	conversionFailures         *metrics.Counter
	unpublished                *metrics.Counter
	conflicts                  *metrics.Counter
	alternations               *metrics.Counter
	external                   [Touched + 1]*metrics.Counter // by Change
	renderings                 *metrics.Gauge                // bytes
}

func newCounters(s *metrics.Set) *counters {
	c := &counters{
		seeded:             s.NewCounter(`realtime_rooms_begun_total{with="text"}`),
		restored:           s.NewCounter(`realtime_rooms_begun_total{with="snapshot"}`),
		notBegun:           s.NewCounter("realtime_rooms_not_begun_total"),
		drafts:             s.NewCounter("realtime_draft_saves_total"),
		draftFailures:      s.NewCounter("realtime_draft_save_failures_total"),
		fetchFailures:      s.NewCounter("realtime_record_look_failures_total"),
		snapshotFailures:   s.NewCounter("realtime_record_snapshot_failures_total"),
		conversionFailures: s.NewCounter("realtime_markdown_failures_total"),
		unpublished:        s.GetOrCreateCounter("realtime_unpublished_refusals_total"),
		conflicts:          s.NewCounter("realtime_record_conflicts_total"),
		alternations:       s.NewCounter("realtime_record_contests_total"),
		renderings:         s.NewGauge("realtime_draft_kept_bytes", nil),
	}
	for change := range c.external {
		c.external[change] = s.NewCounter(fmt.Sprintf("realtime_record_changes_total{change=%q}", Change(change)))
	}
	return c
}

// watch has the unsaved drafts measured when the metrics are read.
func (s *Syncer) watch() {
	s.cfg.Metrics.NewGauge("realtime_unsaved_drafts", s.unsaved.count)
	s.cfg.Metrics.NewGauge("realtime_oldest_unsaved_edit_seconds", s.unsaved.age)
}
