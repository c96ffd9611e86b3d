package hooks

import (
	"errors"
	"fmt"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// outcomes are the labels of attempts by their error.
var outcomes = [...]struct {
	kind error
	name string
}{
	{ErrUnauthorized, "unauthorized"},
	{ErrForbidden, "forbidden"},
	{ErrNotFound, "not_found"},
	{ErrGone, "gone"},
	{ErrConflict, "conflict"},
	{ErrRateLimited, "rate_limited"},
	{ErrUnavailable, "unavailable"},
	{ErrRejected, "rejected"},
	{ErrTooLarge, "too_large"},
	{ErrAnswer, "malformed"},
}

// clientMetrics are a Client's metrics. Nothing in them names a room or a user.
type clientMetrics struct {
	set           *metrics.Set
	seconds       [hooks]*metrics.PrometheusHistogram
	calls         [hooks][len(outcomes) + 2]*metrics.Counter // by outcomeOf
	breakerOpened [hooks]*metrics.Counter

	retries *metrics.Counter
	// Answers from the cache.
	sessionsKnown, sessionsStale, sessionsRefused *metrics.Counter
}

func newClientMetrics() *clientMetrics {
	s := metrics.NewSet()
	m := &clientMetrics{
		set:             s,
		retries:         s.NewCounter("realtime_hooks_retries_total"),
		sessionsKnown:   s.NewCounter("realtime_hooks_sessions_known_total"),
		sessionsStale:   s.NewCounter("realtime_hooks_sessions_stale_total"),
		sessionsRefused: s.NewCounter("realtime_hooks_sessions_refused_total"),
	}
	for h := range hooks {
		m.seconds[h] = s.NewPrometheusHistogramExt(
			fmt.Sprintf("realtime_hooks_call_seconds{hook=%q}", h),
			metrics.ExponentialBuckets(0.001, 2, 15))
		m.breakerOpened[h] = s.NewCounter(
			fmt.Sprintf("realtime_hooks_breaker_opened_total{hook=%q}", h))
		for i := range m.calls[h] {
			m.calls[h][i] = s.NewCounter(fmt.Sprintf(
				"realtime_hooks_calls_total{hook=%q,outcome=%q}", h, outcomeName(i)))
		}
	}
	return m
}

// called counts an attempt that reached the network.
func (m *clientMetrics) called(h hook, took time.Duration, err error) {
	m.seconds[h].Update(max(0, took).Seconds())
	m.calls[h][outcomeOf(err)].Inc()
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
