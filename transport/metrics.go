package transport

import (
	"fmt"

	"github.com/VictoriaMetrics/metrics"
)

// counters are a Server's, in a set of their own.
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
		c.rechecks[v] = s.NewCounter(fmt.Sprintf("realtime_sessions_rechecked_total{outcome=%q}", name))
	}
	return c
}

// closed counts a connection that the server closes. There are only so many codes.
func (c *counters) closed(code int) {
	c.set.GetOrCreateCounter(fmt.Sprintf("realtime_connections_closed_total{code=\"%d\"}", code)).Inc()
}

// recheckResult is the result of rechecking a session. It is a label of a metric.
type recheckResult int

const (
	valid     recheckResult = iota // it goes on, perhaps with other permissions
	invalid                        // it ends, and with it the connection
	unchecked                      // it could not be rechecked
	recheckResults
)

var recheckResultNames = [recheckResults]string{"upheld", "ended", "failed"}
