package groupcommit

import "github.com/VictoriaMetrics/metrics"

// counters are the metrics of a Flusher, in the set of its Config.
type counters struct {
	commits  *metrics.PrometheusHistogram
	failures *metrics.Counter
	slow     *metrics.Counter // commits that took longer than slowAfter
}

func newCounters(s *metrics.Set) counters {
	return counters{
		commits: s.NewPrometheusHistogramExt("realtime_journal_commit_seconds",
			metrics.ExponentialBuckets(0.0005, 2, 16)),
		failures: s.NewCounter("realtime_journal_failures_total"),
		slow:     s.NewCounter("realtime_slow_journal_commits_total"),
	}
}
