package httpcall

import (
	"testing"
	"time"
)

// TestRefusalGrowth shows that a refusal is cached for longer each time, up to a bound, that one
// that answers a question of the same time extends nothing, and that it begins anew after a while.
func TestRefusalGrowth(t *testing.T) {
	now := time.Now()
	var r Refusal
	for _, want := range []time.Duration{10 * time.Second, time.Minute, 6 * time.Minute, 15 * time.Minute, 15 * time.Minute} {
		r = r.Next(ErrUnauthorized, 10*time.Second, 15*time.Minute, now)
		if got := r.until.Sub(now); got != want {
			t.Errorf("%v, want %v", got, want)
		}
		same := r.Next(ErrNotFound, 10*time.Second, 15*time.Minute,
			now.Add(want-1)) // asked at the same time
		if next := same.pause.NextBackOff(); same.until != r.until || next != time.Minute ||
			same.Err != ErrNotFound {
			t.Errorf("%+v, was %+v", same, r)
		}
		if now = now.Add(want); r.Holds(now.Add(-1)) == nil || r.Holds(now) != nil {
			t.Error("does not end when it should")
		}
	}
	now = now.Add(15 * time.Minute)
	if r = r.Next(ErrUnauthorized, 10*time.Second, 15*time.Minute, now); r.until.Sub(now) != 10*time.Second {
		t.Errorf("after a while it holds for %v", r.until.Sub(now))
	}
}
