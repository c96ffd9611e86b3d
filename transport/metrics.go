package transport

import (
	"fmt"

	"github.com/VictoriaMetrics/metrics"
)

// counters are the counters of a Server, in a set of their own.
type counters struct {
	set *metrics.Set

	accepted     *metrics.Counter
	received     *metrics.Counter
	malformed    *metrics.Counter
	skipped      *metrics.Counter
	late         *metrics.Counter
	reaped       *metrics.Counter
	expired      *metrics.Counter
	renewed      *metrics.Counter
	stalled      *metrics.Counter
	rechecks     [recheckResults]*metrics.Counter
	panics       *metrics.Counter
	authFailures *metrics.Counter

	evicted        *metrics.Counter
	originsRefused *metrics.Counter
	rateWarned     *metrics.Counter
	throttled      *metrics.Counter
}

func newCounters() *counters {
	s := metrics.NewSet()
	c := &counters{
		set:          s,
		accepted:     s.NewCounter("realtime_connections_accepted_total"),
		received:     s.NewCounter("realtime_received_bytes_total"),
		malformed:    s.NewCounter("realtime_malformed_frames_total"),
		skipped:      s.NewCounter("realtime_skipped_messages_total"),
		late:         s.NewCounter("realtime_messages_late_total"),
		reaped:       s.NewCounter("realtime_connections_reaped_total"),
		expired:      s.NewCounter("realtime_sessions_expired_total"),
		renewed:      s.NewCounter("realtime_sessions_renewed_total"),
		stalled:      s.NewCounter("realtime_connections_stalled_total"),
		panics:       s.NewCounter("realtime_panics_total"),
		authFailures: s.NewCounter("realtime_auth_failures_total"),

		evicted:        s.NewCounter("realtime_handshakes_evicted_total"),
		originsRefused: s.NewCounter("realtime_origins_refused_total"),
		rateWarned:     s.NewCounter("realtime_rate_warnings_total"),
		throttled:      s.NewCounter("realtime_throttled_total"),
	}
	for v, name := range recheckResultNames {
		metric := fmt.Sprintf("realtime_sessions_rechecked_total{outcome=%q}", name)
		c.rechecks[v] = s.NewCounter(metric)
	}
	return c
}

// closed counts a connection that the server closes. The number of different codes is small.
func (c *counters) closed(code int) {
	metric := fmt.Sprintf("realtime_connections_closed_total{code=\"%d\"}", code)
	c.set.GetOrCreateCounter(metric).Inc()
}

// recheckResult is the result of a recheck. It is a label of a metric.
type recheckResult int

const (
	valid     recheckResult = iota // the session goes on, perhaps with other permissions
	invalid                        // the session and its connection end
	unchecked                      // the session could not be rechecked
	recheckResults
)

var recheckResultNames = [recheckResults]string{"upheld", "ended", "failed"}
