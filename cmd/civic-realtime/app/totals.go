package app

import (
	"bytes"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/memory"
	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/metricset"
	"github.com/civicpress/civic-realtime/transport/admin/history"
)

// totals reads what the samples of the admin API are made of from the metrics of some parts, so
// that both say the same, and nothing is counted twice.
type totals struct {
	parts []metricset.Part
	meter *memory.Meter

	mu   sync.Mutex // a leaf; guards everything below
	text bytes.Buffer
}

// The metrics that totals reads, besides buckets.
const (
	peopleMetric      = "realtime_peers"
	roomsMetric       = "realtime_rooms"
	connectionsMetric = "realtime_connections"
	failingMetric     = "realtime_failing_rooms"
	updatesMetric     = "realtime_updates_merged_total"
	snapshotsMetric   = "realtime_snapshot_failures_total"
	draftsMetric      = "realtime_draft_save_failures_total"
	refusedMetric     = "realtime_refused_clients_total"
	delaysMetric      = "realtime_update_delay_seconds_bucket"
	commitsMetric     = "realtime_journal_commit_seconds_bucket"
)

// read returns the totals of the present.
func (t *totals) read() (all history.Totals) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text.Reset()
	for _, p := range t.parts {
		p.WriteMetrics(&t.text)
	}
	for line := range strings.Lines(t.text.String()) {
		addMetric(&all, strings.TrimSuffix(line, "\n"))
	}
	all.MemoryBytes = t.meter.Usage()
	all.MemoryLimitBytes, _ = t.meter.Limit()
	all.At = time.Now()
	return all
}

// addMetric adds a line of the Prometheus text format to totals.
func addMetric(all *history.Totals, line string) {
	at := strings.IndexAny(line, "{ ")
	if at < 0 {
		return
	}
	value := func() float64 {
		n, _ := strconv.ParseFloat(line[strings.LastIndexByte(line, ' ')+1:], 64) // 0: a comment
		return n
	}
	switch line[:at] {
	case peopleMetric:
		all.People = int(value())
	case roomsMetric:
		all.Rooms = int(value())
	case connectionsMetric:
		all.Connections = int(value())
	case failingMetric:
		all.FailingRooms = int(value())
	case updatesMetric:
		all.Updates = uint64(value())
	case snapshotsMetric, draftsMetric:
		all.FailedSaves += uint64(value())
	case refusedMetric:
		all.Refused = uint64(value())
	case delaysMetric:
		addBucket(&all.Delays, line, uint64(value()))
	case commitsMetric:
		addBucket(&all.Commits, line, uint64(value()))
	}
}

// addBucket adds the bucket of a line, {le="0.5"}. The last one is that of all.
func addBucket(b *history.Buckets, line string, count uint64) {
	_, rest, _ := strings.Cut(line, `le="`)
	bound, _, _ := strings.Cut(rest, `"`)
	if n, err := strconv.ParseFloat(bound, 64); err == nil && bound != "+Inf" {
		b.Bounds = append(b.Bounds, n)
	}
	b.Counts = append(b.Counts, count)
}
