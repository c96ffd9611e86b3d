package recordsync

import (
	"fmt"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// counters are the metrics of a Syncer, in the set of its Config.
type counters struct {
	seeded, restored, notBegun *metrics.Counter
	drafts, draftFailures      *metrics.Counter
	saves                      *metrics.PrometheusHistogram // attempts
	fetchFailures              *metrics.Counter
	snapshotFailures           *metrics.Counter
	conversionFailures         *metrics.Counter
	unpublished                *metrics.Counter
	conflicts                  *metrics.Counter
	rebased, notRebased        *metrics.Counter
	alternations               *metrics.Counter
	external                   [Touched + 1]*metrics.Counter // by Change
	renderings                 *metrics.Gauge                // bytes
}

// MetricHelp describes the metrics of a Syncer: in each line the name, the type and the meaning of
// one, or an earlier name, "deprecated" and the current one.
const MetricHelp = `
realtime_draft_kept_bytes gauge Rendered blocks of documents that are kept for their next drafts.
realtime_draft_save_failures_total counter Attempts to save a draft that failed.
realtime_draft_save_seconds histogram Time of calls that save a draft, and of those that fail.
realtime_draft_saves_total counter Drafts that were saved.
realtime_markdown_failures_total counter Documents that could not be turned into Markdown, or back.
realtime_oldest_unsaved_edit_seconds gauge Age of the oldest edit that is in no draft; 0 if there is none.
realtime_rebases_refused_total counter Updates of documents with another seed that were merged without a rebase, after 8 of their connection.
realtime_record_alternations_total counter Records that were saved here and elsewhere in turns, three times in ten minutes.
realtime_record_contests_total deprecated realtime_record_alternations_total
realtime_record_changes_total counter Changes of records by other programs, by change.
realtime_record_conflicts_total counter Changes of records by other programs of which something is only in a version.
realtime_record_look_failures_total counter Attempts to fetch a record that failed.
realtime_record_snapshot_failures_total counter Snapshots that could not be stored beside a record, or used.
realtime_rooms_begun_total counter Rooms that began with a text, or with the snapshot beside the record.
realtime_rooms_not_begun_total counter Attempts to begin a room with its record that failed.
realtime_seed_rebases_total counter Updates of documents with another seed that were rebased.
realtime_reunions_total deprecated realtime_seed_rebases_total
realtime_unsaved_drafts gauge Rooms in memory with edits that are in no draft.
`

func newCounters(s *metrics.Set) *counters {
	c := &counters{
		seeded:   s.NewCounter(`realtime_rooms_begun_total{with="text"}`),
		restored: s.NewCounter(`realtime_rooms_begun_total{with="snapshot"}`),
		notBegun: s.NewCounter("realtime_rooms_not_begun_total"),
		saves: s.NewPrometheusHistogramExt("realtime_draft_save_seconds",
			metrics.ExponentialBuckets(0.002, 2, 15)),
		drafts:             s.NewCounter("realtime_draft_saves_total"),
		draftFailures:      s.NewCounter("realtime_draft_save_failures_total"),
		fetchFailures:      s.NewCounter("realtime_record_look_failures_total"),
		snapshotFailures:   s.NewCounter("realtime_record_snapshot_failures_total"),
		conversionFailures: s.NewCounter("realtime_markdown_failures_total"),
		unpublished:        s.GetOrCreateCounter("realtime_unpublished_refusals_total"),
		conflicts:          s.NewCounter("realtime_record_conflicts_total"),
		alternations:       s.NewCounter("realtime_record_alternations_total"),
		rebased:            s.NewCounter("realtime_seed_rebases_total"),
		notRebased:         s.NewCounter("realtime_rebases_refused_total"),
		renderings:         s.NewGauge("realtime_draft_kept_bytes", nil),
	}
	for change := range c.external {
		name := fmt.Sprintf("realtime_record_changes_total{change=%q}", Change(change))
		c.external[change] = s.NewCounter(name)
	}
	return c
}

// ZeroMetrics exposes the metrics of a Syncer, at zero, for an engine without records.
func ZeroMetrics(s *metrics.Set) {
	newCounters(s)
	new(unsaved).expose(s)
}

// unsaved has the records with edits that are in no draft, each with the time of its oldest such
// edit.
type unsaved struct {
	mu    sync.Mutex // a leaf
	since map[*Record]time.Time
}

func (u *unsaved) add(r *Record, since time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.since == nil {
		u.since = make(map[*Record]time.Time)
	}
	u.since[r] = since
}

func (u *unsaved) remove(r *Record) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.since, r)
}

// expose adds the gauges of unsaved drafts, which count when they are read.
func (u *unsaved) expose(s *metrics.Set) {
	s.NewGauge("realtime_unsaved_drafts", u.count)
	s.NewGauge("realtime_oldest_unsaved_edit_seconds", u.age)
}

// age returns the age of the oldest unsaved edit in seconds, 0 if there is none.
func (u *unsaved) age() (seconds float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, since := range u.since {
		seconds = max(seconds, time.Since(since).Seconds())
	}
	return seconds
}

func (u *unsaved) count() float64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return float64(len(u.since))
}
