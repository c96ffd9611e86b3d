package nodestore

import (
	"io"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// gauges adds the metrics that are not counted.
func (s *Store) gauges(set *metrics.Set) {
	gauge := func(name string, f func() float64) {
		set.NewGauge(name, func() float64 {
			s.mu.Lock()
			defer s.mu.Unlock()
			return f()
		})
	}
	gauge("realtime_cluster_outbox_bytes", func() float64 { return float64(s.bytes) })
	gauge("realtime_cluster_outbox_seconds", func() float64 {
		var oldest time.Duration
		for _, r := range s.rooms {
			if !r.since.IsZero() {
				oldest = max(oldest, time.Since(r.since))
			}
		}
		return oldest.Seconds()
	})
	gauge("realtime_cluster_outbox_whole_rooms", func() (n float64) {
		for _, r := range s.rooms {
			if r.whole {
				n++
			}
		}
		return n
	})
}

// UnsentBytes returns the length of the updates in memory that Redis does not have yet.
func (s *Store) UnsentBytes() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return int(s.bytes)
}

// WriteMetrics writes the metrics of Config.Metrics in the Prometheus text format. MetricHelp
// describes those of this package.
func (s *Store) WriteMetrics(w io.Writer) { s.c.Metrics.WritePrometheus(w) }
