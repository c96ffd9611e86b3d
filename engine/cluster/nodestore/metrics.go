package nodestore

import "github.com/VictoriaMetrics/metrics"

// counters are the metrics that are counted.
type counters struct {
	incomplete, offered, taken, drops, failures, putBacks, spared, versions *metrics.Counter
}

func newCounters(s *metrics.Set) counters {
	return counters{
		incomplete: s.NewCounter("realtime_cluster_incomplete_total"),
		offered:    s.NewCounter("realtime_cluster_late_offered_total"),
		taken:      s.NewCounter("realtime_cluster_late_taken_total"),
		drops:      s.NewCounter("realtime_cluster_local_drops_total"),
		failures:   s.NewCounter("realtime_cluster_outbox_failures_total"),
		putBacks:   s.NewCounter("realtime_cluster_put_backs_total"),
		spared:     s.NewCounter("realtime_cluster_put_backs_spared_total"),
		versions:   s.NewCounter("realtime_cluster_versions_kept_total"),
	}
}
