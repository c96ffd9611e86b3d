package hooks

import (
	"fmt"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// clientMetrics are a Client's metrics. Nothing in them names a room or a user.
type clientMetrics struct {
	*httpcall.Metrics

	breakerOpened [hooks]*metrics.Counter
	// Answers from the cache.
	sessionsKnown, sessionsStale, sessionsRefused *metrics.Counter
}

func newClientMetrics() *clientMetrics {
	m := httpcall.NewMetrics("hooks", "hook", hookNames[:],
		httpcall.Outcome{Kind: ErrGone, Name: "gone"},
		httpcall.Outcome{Kind: ErrConflict, Name: "conflict"})
	all := &clientMetrics{
		Metrics:         m,
		sessionsKnown:   m.Total("sessions_known"),
		sessionsStale:   m.Total("sessions_stale"),
		sessionsRefused: m.Total("sessions_refused"),
	}
	for h := range hooks {
		all.breakerOpened[h] = m.NewCounter(
			fmt.Sprintf("realtime_hooks_breaker_opened_total{hook=%q}", h))
	}
	return all
}
