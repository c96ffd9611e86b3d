package civicpress

import (
	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// op is the purpose of a call. Metrics have its String.
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

// fail returns the failure of a call that was not made, or was answered.
func (o op) fail(kind error) *Error { return &Error{Call: o.name(), Kind: kind} }

// name returns the name of a call in errors.
func (o op) name() string { return "civicpress: " + o.String() }

// clientMetrics are a Client's metrics. Nothing in them names a record or a user.
type clientMetrics struct {
	*httpcall.Metrics

	breakerOpened *metrics.Counter
	// Answers from the caches.
	sessionsKnown, sessionsStale, sessionsRefused *metrics.Counter
	recordsShown, recordsRefused, recordsFailing  *metrics.Counter
	tokensMalformed                               *metrics.Counter
}

func newClientMetrics() *clientMetrics {
	m := httpcall.NewMetrics("civicpress", "call", opNames[:],
		httpcall.Outcome{Kind: ErrNoSnapshot, Name: "no_snapshot"},
		httpcall.Outcome{Kind: ErrUnsupported, Name: "unsupported"})
	return &clientMetrics{
		Metrics:         m,
		breakerOpened:   m.Total("breaker_opened"),
		sessionsKnown:   m.Total("sessions_known"),
		sessionsStale:   m.Total("sessions_stale"),
		sessionsRefused: m.Total("sessions_refused"),
		recordsShown:    m.Total("records_shown"),
		recordsRefused:  m.Total("records_refused"),
		recordsFailing:  m.Total("records_failing"),
		tokensMalformed: m.Total("tokens_malformed"),
	}
}
