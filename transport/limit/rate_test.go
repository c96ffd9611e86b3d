package limit

import (
	"math"
	"testing"
	"time"
)

// TestBucket checks the waits of a bucket from which tokens are taken at given times.
func TestBucket(t *testing.T) {
	r := NewRate(10, 3)
	const ms = time.Millisecond
	var b Bucket
	for i, test := range []struct{ now, wait time.Duration }{
		{0, 0}, {0, 0}, {0, 0},
		{0, 100 * ms}, {60 * ms, 40 * ms}, {100 * ms, 0}, {100 * ms, 100 * ms},
		{250 * ms, 0}, {250 * ms, 50 * ms}, {300 * ms, 0},
		{time.Hour, 0}, {time.Hour, 0}, {time.Hour, 0}, {time.Hour, 100 * ms},
	} {
		if got := b.Wait(r, test.now); got != test.wait {
			t.Errorf("%d: at %s one waits for %s, want %s", i, test.now, got, test.wait)
		}
		if test.wait == 0 {
			b.Take(r, test.now)
		}
	}
	if got := b.Used(r, time.Hour); got != 1 {
		t.Errorf("%v is used", got)
	}
	if b.Take(r, time.Hour); b.Wait(r, time.Hour) != 200*ms {
		t.Errorf("after a token in advance one waits for %s", b.Wait(r, time.Hour))
	}
}

// TestHugeRates shows that a huge rate or burst never makes anybody wait.
func TestHugeRates(t *testing.T) {
	for _, r := range []Rate{NewRate(1, math.MaxInt), NewRate(math.MaxInt, 1), NewRate(math.MaxInt, math.MaxInt)} {
		var b Bucket
		if b.Take(r, time.Hour); b.Wait(r, time.Hour+time.Microsecond) != 0 {
			t.Errorf("%+v: one waits for %s", r, b.Wait(r, time.Hour))
		}
	}
}
