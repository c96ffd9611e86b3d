package transport

import (
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/limit"
	"github.com/civicpress/civic-realtime/transport/suspicious"
)

// MetricHelp describes the metrics that Server.WriteMetrics writes: in each line the name, the type
// and the meaning of one. realtime_connections_refused_total is also the engine's, and described
// there.
const MetricHelp = limit.MetricHelp + handOnMetricHelp + `
realtime_auth_failures_total counter Tokens that were refused.
realtime_connections gauge Connections, without those that were refused and whose close is held back.
realtime_connections_accepted_total counter Handshakes that succeeded.
realtime_connections_closed_total counter Close frames that the server sent of itself, by close code.
realtime_connections_reaped_total counter Connections that were closed as nothing was received.
realtime_connections_stalled_total counter Connections that were ended as their client took nothing.
realtime_disconnects_total counter Connections that ended, by the reason of the first close.
realtime_handshakes gauge Connections in their handshake.
realtime_documents gauge Documents of connections with several, of all phases.
realtime_documents_ended_total counter Documents that ended while their connection stayed, by reason.
realtime_documents_refused_total counter Documents that were not opened, by reason; their connection stays.
realtime_draining gauge 1 from the beginning of a shutdown on, 0 before.
realtime_drain_deadline_timestamp_seconds gauge Unix time at which a shutdown gives up, 0 without one.
realtime_handshakes_evicted_total counter Connections that were closed in their handshake to make room for others.
realtime_join_seconds histogram Time from the end of the handshake until a client has joined its room: checking its token, loading the room.
realtime_malformed_frames_total counter Connections that violated the framing of WebSockets.
realtime_max_connections gauge Limit on connections (limits.connections).
realtime_messages_late_total counter Connections that were closed as a message came too slowly, or found no memory in time.
realtime_origins_refused_total counter Connections of pages whose origin is not allowed.
realtime_panics_total counter Connections that were closed because of a fault in the server.
realtime_poller_events_total counter Times that a poller found a socket ready.
realtime_rate_warnings_total counter Connections that were warned of the limit on their rate.
realtime_ready gauge 1 while clients may be sent here (as /readyz says), else 0.
realtime_received_bytes_total counter Bytes received from clients.
realtime_refused_clients_total counter Clients that were refused for any reason: their handshake, their token, or their way into a room.
realtime_refused_without_tls_total counter Connections and requests that came without TLS and were refused.
realtime_sessions_expired_total counter Connections that were closed as their token has expired.
realtime_sessions_rechecked_total counter Rechecks of sessions, by outcome.
realtime_sessions_renewed_total counter Fresh tokens that clients sent.
realtime_skipped_messages_total counter Messages that were dropped as they were too long.
realtime_suspicious_total counter Clients that behaved suspiciously, by pattern.
realtime_throttled_total counter Messages that had to wait for the limit on the rate of their connection.
realtime_unaddressed_messages_total counter Messages that could not be read as they name no document.
realtime_tls_handshake_failures_total counter TLS handshakes that failed or were not begun.
`

// counters are the counters of a Server, in a set of their own.
type counters struct {
	set *metrics.Set
	handOnCounters

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
	joins        *metrics.PrometheusHistogram
	ended        [endReasons]*metrics.Counter
	authFailures *metrics.Counter
	suspicious   [suspicious.Patterns]*metrics.Counter

	codes     map[int]*metrics.Counter // close frames by code
	otherCode *metrics.Counter

	evicted          *metrics.Counter
	unaddressed      *metrics.Counter
	documentsEnded   [endReasons]*metrics.Counter
	documentsRefused [endReasons]*metrics.Counter

	originsRefused *metrics.Counter
	tlsFailures    *metrics.Counter
	withoutTLS     *metrics.Counter
	refused        *metrics.Counter
	rateWarned     *metrics.Counter
	throttled      *metrics.Counter
}

func newCounters() *counters {
	s := metrics.NewSet()
	c := &counters{
		set:       s,
		accepted:  s.NewCounter("realtime_connections_accepted_total"),
		received:  s.NewCounter("realtime_received_bytes_total"),
		malformed: s.NewCounter("realtime_malformed_frames_total"),
		skipped:   s.NewCounter("realtime_skipped_messages_total"),
		late:      s.NewCounter("realtime_messages_late_total"),
		reaped:    s.NewCounter("realtime_connections_reaped_total"),
		expired:   s.NewCounter("realtime_sessions_expired_total"),
		renewed:   s.NewCounter("realtime_sessions_renewed_total"),
		stalled:   s.NewCounter("realtime_connections_stalled_total"),
		panics:    s.NewCounter("realtime_panics_total"),
		joins: s.NewPrometheusHistogramExt("realtime_join_seconds",
			metrics.ExponentialBuckets(0.001, 2, 16)),
		authFailures: s.NewCounter("realtime_auth_failures_total"),

		evicted:        s.NewCounter("realtime_handshakes_evicted_total"),
		originsRefused: s.NewCounter("realtime_origins_refused_total"),
		tlsFailures:    s.NewCounter("realtime_tls_handshake_failures_total"),
		withoutTLS:     s.NewCounter("realtime_refused_without_tls_total"),
		refused:        s.NewCounter("realtime_refused_clients_total"),
		rateWarned:     s.NewCounter("realtime_rate_warnings_total"),
		throttled:      s.NewCounter("realtime_throttled_total"),
	}
	for v, name := range recheckResultNames {
		metric := fmt.Sprintf("realtime_sessions_rechecked_total{outcome=%q}", name)
		c.rechecks[v] = s.NewCounter(metric)
	}
	for reason, name := range endReasonNames {
		c.ended[reason] = s.NewCounter(fmt.Sprintf("realtime_disconnects_total{reason=%q}", name))
	}
	c.unaddressed = s.NewCounter("realtime_unaddressed_messages_total")
	for reason, name := range endReasonNames {
		labels := fmt.Sprintf("{reason=%q}", name)
		c.documentsEnded[reason] = s.NewCounter("realtime_documents_ended_total" + labels)
		c.documentsRefused[reason] = s.NewCounter("realtime_documents_refused_total" + labels)
	}
	c.handOnCounters = newHandOnCounters(s)
	c.addCodes()
	for p := range c.suspicious {
		metric := fmt.Sprintf("realtime_suspicious_total{pattern=%q}", suspicious.Pattern(p))
		c.suspicious[p] = s.NewCounter(metric)
	}
	return c
}

// addCodes adds a counter for each close code of all sets, and one for other codes.
func (c *counters) addCodes() {
	c.codes = make(map[int]*metrics.Counter)
	counter := func(code string) *metrics.Counter {
		return c.set.GetOrCreateCounter(
			fmt.Sprintf("realtime_connections_closed_total{code=%q}", code))
	}
	c.otherCode = counter("other")
	for set := range closeCodeSets {
		for _, why := range append(slices.Collect(maps.Keys(closeCodes)), sameInAllSets...) {
			code := set.code(why)
			c.codes[code] = counter(strconv.Itoa(code))
		}
	}
}

// closed counts a connection that the server closes.
func (c *counters) closed(code int) {
	if counter := c.codes[code]; counter != nil {
		counter.Inc()
		return
	}
	c.otherCode.Inc()
}

// documentRefused counts a document that is not opened.
func (c *counters) documentRefused(why *engine.CloseError) {
	c.documentsRefused[reasonOf(why)].Inc()
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
