package e2e

import (
	"testing"
	"time"
)

// TestSteadyTyping shows that a client that types fast for long, each key with a move of the caret,
// is never throttled or closed by the limits without --dev. The delay for others is logged, and
// held against a bound only where the test has the machine for itself: with E2E_LONG set.
func TestSteadyTyping(t *testing.T) {
	if !long {
		t.Parallel()
	}
	p := newParty(t, "minutes")
	typist, reader := p.somebody("typist", 3), p.somebody("reader", 2)
	typist.do("keys", args{"rate": 15, "ms": minutesIfLong(5, 10*time.Second).Milliseconds()}, nil)
	converge(t, typist, reader)
	var lag float64
	reader.do("lag", nil, &lag)
	t.Logf("at most %v ms behind", lag)
	if long && lag > 150 {
		t.Errorf("%v ms behind", lag)
	}
	typist.mustBeUndisturbed()
	reader.mustBeUndisturbed()
}
