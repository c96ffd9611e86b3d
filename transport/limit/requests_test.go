package limit

import (
	"testing"
	"time"
)

// TestRequests shows that each caller has a burst and a rate of its own, that a request that has to
// wait is not counted, and that another rate holds from the next request on.
func TestRequests(t *testing.T) {
	now := time.Duration(0)
	q := NewRequests(2, 3, time.Now())
	q.Now = func() time.Duration { return now }
	want := func(caller string, wait time.Duration) {
		t.Helper()
		if got := q.Allow(caller); got != wait {
			t.Errorf("%s waits for %v, want %v", caller, got, wait)
		}
	}
	for range 3 {
		want("ann", 0)
	}
	for range 3 {
		want("ann", 500*time.Millisecond)
	}
	want("bob", 0)
	now += 500 * time.Millisecond
	want("ann", 0)
	want("ann", 500*time.Millisecond)
	q.SetRate(4, 3)
	now += 10 * time.Second
	for range 3 {
		want("ann", 0)
	}
	want("ann", 250*time.Millisecond)
}
