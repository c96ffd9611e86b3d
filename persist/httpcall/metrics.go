package httpcall

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// Outcome is the label of attempts by the kind of their error.
type Outcome struct {
	Kind error
	Name string
}

// outcomes are those of every client. The last one counts if no other does.
var outcomes = [...]Outcome{
	{nil, "ok"},
	{ErrUnauthorized, "unauthorized"},
	{ErrForbidden, "forbidden"},
	{ErrNotFound, "not_found"},
	{ErrRateLimited, "rate_limited"},
	{ErrUnavailable, "unavailable"},
	{ErrRejected, "rejected"},
	{ErrTooLarge, "too_large"},
	{ErrAnswer, "malformed"},
	{errGivenUp, "given_up"},
}

// errGivenUp stands for the end of the caller's context.
var errGivenUp = errors.New("given up")

// Metrics are the metrics of a client's calls. Nothing in them names a document or a user.
type Metrics struct {
	*metrics.Set // the client may add others

	prefix   string // of all names
	outcomes []Outcome
	ops      map[string]op
	retries  *metrics.Counter
}

// op is the metrics of the calls with one purpose.
type op struct {
	seconds *metrics.PrometheusHistogram
	calls   []*metrics.Counter // by outcomeOf
}

// NewMetrics returns the metrics of a client with some operations, which label has. The own
// outcomes are those beside the ones of every client.
func NewMetrics(client, label string, ops []string, own ...Outcome) *Metrics {
	m := &Metrics{
		Set: metrics.NewSet(), prefix: "realtime_" + client + "_", ops: map[string]op{},
		outcomes: append(own, outcomes[:]...),
	}
	m.retries = m.Total("retries")
	for _, name := range ops {
		o := op{seconds: m.NewPrometheusHistogramExt(
			fmt.Sprintf("%scall_seconds{%s=%q}", m.prefix, label, name),
			metrics.ExponentialBuckets(0.001, 2, 15))}
		for _, outcome := range m.outcomes {
			o.calls = append(o.calls, m.NewCounter(fmt.Sprintf(
				"%scalls_total{%s=%q,outcome=%q}", m.prefix, label, name, outcome.Name)))
		}
		m.ops[name] = o
	}
	return m
}

// Total returns a new counter realtime_<client>_<name>_total.
func (m *Metrics) Total(name string) *metrics.Counter {
	return m.NewCounter(m.prefix + name + "_total")
}

// called counts an attempt that reached the network.
func (m *Metrics) called(name string, took time.Duration, err error) {
	m.ops[name].seconds.Update(max(0, took).Seconds())
	m.ops[name].calls[m.outcomeOf(err)].Inc()
}

// outcomeOf returns the position of an error's outcome.
func (m *Metrics) outcomeOf(err error) int {
	i := slices.IndexFunc(m.outcomes, func(o Outcome) bool { return errors.Is(err, o.Kind) })
	if i < 0 {
		return len(m.outcomes) - 1
	}
	return i
}
