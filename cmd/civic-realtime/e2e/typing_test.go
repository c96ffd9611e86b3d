package e2e

import (
	"testing"
	"time"
)

// TestSteadyTyping shows that a client that types fast for long, each key with a move of the caret,
// is neither throttled nor closed by the limits outside of development mode. The delay for others
// is logged, and compared with a bound only if the test has the machine for itself: with E2E_LONG
// set.
func TestSteadyTyping(t *testing.T) {
	if !long {
		t.Parallel()
	}
	p := newTokenRoom(t, "minutes")
	typist, reader := p.newClient("typist", 3), p.newClient("reader", 2)
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
