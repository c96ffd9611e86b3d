package civicpress

import (
	"errors"
	"fmt"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// op is the purpose of a call. Errors and metrics have its String.
type op int

const (
	checkSession op = iota
	loadRecord
	saveDraft
	loadSnapshot
	saveSnapshot
	ops
)

var opNames = [ops]string{
	"check session", "load record", "save draft", "load snapshot", "save snapshot",
}

func (o op) String() string { return opNames[o] }

// outcomes are the labels of attempts by their error.
var outcomes = [...]struct {
	kind error
	name string
}{
	{ErrUnauthorized, "unauthorized"},
	{ErrForbidden, "forbidden"},
	{ErrNotFound, "not_found"},
	{ErrNoSnapshot, "no_snapshot"},
	{ErrUnsupported, "unsupported"},
	{ErrRateLimited, "rate_limited"},
	{ErrUnavailable, "unavailable"},
	{ErrRejected, "rejected"},
	{ErrTooLarge, "too_large"},
	{ErrAnswer, "malformed"},
}

// clientMetrics are a Client's metrics. Nothing in them names a record or a user.
type clientMetrics struct {
	set     *metrics.Set
	seconds [ops]*metrics.PrometheusHistogram
	calls   [ops][len(outcomes) + 2]*metrics.Counter // by outcomeOf

	retries, breakerOpened *metrics.Counter
	// Answers from the caches.
	sessionsKnown, sessionsStale, sessionsRefused *metrics.Counter
	recordsShown, recordsRefused, recordsFailing  *metrics.Counter
	tokensMalformed                               *metrics.Counter
}

func newClientMetrics() *clientMetrics {
	s := metrics.NewSet()
	total := func(name string) *metrics.Counter {
		return s.NewCounter("realtime_civicpress_" + name + "_total")
	}
	m := &clientMetrics{
		set:             s,
		retries:         total("retries"),
		breakerOpened:   total("breaker_opened"),
		sessionsKnown:   total("sessions_known"),
		sessionsStale:   total("sessions_stale"),
		sessionsRefused: total("sessions_refused"),
		recordsShown:    total("records_shown"),
		recordsRefused:  total("records_refused"),
		recordsFailing:  total("records_failing"),
		tokensMalformed: total("tokens_malformed"),
	}
	for o := range ops {
		m.seconds[o] = s.NewPrometheusHistogramExt(
			fmt.Sprintf("realtime_civicpress_call_seconds{call=%q}", o),
			metrics.ExponentialBuckets(0.001, 2, 15))
		for i := range m.calls[o] {
			m.calls[o][i] = s.NewCounter(fmt.Sprintf(
				"realtime_civicpress_calls_total{call=%q,outcome=%q}", o, outcomeName(i)))
		}
	}
	return m
}

// called counts an attempt that reached the network.
func (m *clientMetrics) called(o op, took time.Duration, err error) {
	m.seconds[o].Update(max(0, took).Seconds())
	m.calls[o][outcomeOf(err)].Inc()
}

// The outcomes after those of outcomes.
const (
	succeeded = len(outcomes)
	givenUp   = len(outcomes) + 1 // the caller's context has ended
)

// outcomeOf returns the number of an outcome: its position in outcomes, or one of those after.
func outcomeOf(err error) int {
	if err == nil {
		return succeeded
	}
	for i, outcome := range outcomes {
		if errors.Is(err, outcome.kind) {
			return i
		}
	}
	return givenUp
}

func outcomeName(i int) string {
	switch i {
	case succeeded:
		return "ok"
	case givenUp:
		return "given_up"
	}
	return outcomes[i].name
}
