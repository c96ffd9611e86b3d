package cluster

import "github.com/VictoriaMetrics/metrics"

// counters are the metrics of a Node that are counted; Node.WriteMetrics adds the others.
type counters struct {
	taken, lost, elsewhere, changes, redisFailures, peerFailures, asked *metrics.Counter

	redis, peer, putBack *metrics.PrometheusHistogram
}

func newCounters(s *metrics.Set) counters {
	seconds := func(name string) *metrics.PrometheusHistogram {
		return s.NewPrometheusHistogramExt(name, metrics.ExponentialBuckets(0.0005, 2, 16))
	}
	return counters{
		taken:         s.NewCounter("realtime_cluster_leases_taken_total"),
		lost:          s.NewCounter("realtime_cluster_leases_lost_total"),
		elsewhere:     s.NewCounter("realtime_cluster_leases_elsewhere_total"),
		changes:       s.NewCounter("realtime_cluster_changes_total"),
		redisFailures: s.NewCounter("realtime_cluster_redis_failures_total"),
		peerFailures:  s.NewCounter("realtime_cluster_peer_failures_total"),
		asked:         s.NewCounter("realtime_cluster_rooms_asked_total"),
		redis:         seconds("realtime_cluster_redis_seconds"),
		peer:          seconds("realtime_cluster_peer_seconds"),
		putBack:       seconds("realtime_cluster_put_back_seconds"),
	}
}
