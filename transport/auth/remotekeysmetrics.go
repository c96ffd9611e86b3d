package auth

import (
	"io"

	"github.com/VictoriaMetrics/metrics"
)

// remoteKeysMetrics are the metrics of RemoteKeys.
type remoteKeysMetrics struct {
	set               *metrics.Set
	succeeded, failed *metrics.Counter // fetches
	unknown           *metrics.Counter // tokens whose key was unknown, and could not be fetched
}

func newRemoteKeysMetrics(r *RemoteKeys) remoteKeysMetrics {
	s := metrics.NewSet()
	s.NewGauge("realtime_jwks_keys", func() float64 { return float64(len(r.current())) })
	s.NewGauge("realtime_jwks_fetched_timestamp_seconds", func() float64 {
		return float64(r.fetched.Load())
	})
	return remoteKeysMetrics{
		set:       s,
		succeeded: s.NewCounter(`realtime_jwks_fetches_total{outcome="ok"}`),
		failed:    s.NewCounter(`realtime_jwks_fetches_total{outcome="failed"}`),
		unknown:   s.NewCounter("realtime_jwks_key_unknown_total"),
	}
}

func (m *remoteKeysMetrics) fetched(err error) {
	if err == nil {
		m.succeeded.Inc()
	} else {
		m.failed.Inc()
	}
}

// WriteMetrics writes the metrics in the Prometheus text format.
func (r *RemoteKeys) WriteMetrics(w io.Writer) { r.metrics.set.WritePrometheus(w) }
