package civicpress

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"time"
)

// op is what a call is for.
type op int

const (
	checkSession op = iota
	loadRecord
	saveDraft
	loadSnapshot
	saveSnapshot
	ops
)

var opNames = [ops]string{"check session", "load record", "save draft", "load snapshot", "save snapshot"}

func (o op) String() string { return opNames[o] }

// outcomes are those that attempts are counted by; the first is success, and what is
// none of them is a caller who gave up.
var outcomes = [...]struct {
	kind error
	name string
}{
	{nil, "ok"},
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
	{errors.New("given up"), "given_up"},
}

// counters is what a Client counts. The last two lines are of answers from memory.
type counters struct {
	attempts [ops][len(outcomes)]atomic.Uint64
	nanos    [ops]atomic.Uint64

	retries, opened              atomic.Uint64
	hits, stale, refused, forged atomic.Uint64
	shown, hidden, failing       atomic.Uint64
}

// called counts an attempt that reached the network.
func (c *counters) called(o op, took time.Duration, err error) {
	c.nanos[o].Add(uint64(max(0, took)))
	for i, outcome := range outcomes {
		if i == len(outcomes)-1 || err == nil || errors.Is(err, outcome.kind) && outcome.kind != nil {
			c.attempts[o][i].Add(1)
			return
		}
	}
}

// WriteMetrics writes the client's counters in the Prometheus text format. Nothing
// there names a record or a person.
func (c *Client) WriteMetrics(w io.Writer) {
	n := &c.counters
	for o := range ops {
		var count uint64
		for i, outcome := range outcomes {
			if v := n.attempts[o][i].Load(); v > 0 {
				count += v
				fmt.Fprintf(w, "realtime_civicpress_calls_total{call=%q,outcome=%q} %d\n", o, outcome.name, v)
			}
		}
		fmt.Fprintf(w, "realtime_civicpress_call_seconds_sum{call=%q} %g\n", o, time.Duration(n.nanos[o].Load()).Seconds())
		fmt.Fprintf(w, "realtime_civicpress_call_seconds_count{call=%q} %d\n", o, count)
	}
	for _, m := range []struct {
		name  string
		value *atomic.Uint64
	}{
		{"retries", &n.retries},
		{"breaker_opened", &n.opened},
		{"sessions_known", &n.hits},
		{"sessions_stale", &n.stale},
		{"sessions_refused", &n.refused},
		{"tokens_malformed", &n.forged},
		{"records_shown", &n.shown},
		{"records_refused", &n.hidden},
		{"records_failing", &n.failing},
	} {
		fmt.Fprintf(w, "realtime_civicpress_%s_total %d\n", m.name, m.value.Load())
	}
}
