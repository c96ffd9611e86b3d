package civicpress

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// TestRateLimitHeader checks the number of calls that are left while calls are made and their
// answers come in any order.
func TestRateLimitHeader(t *testing.T) {
	var h rateLimit
	now := time.Now()
	answer := func(remaining, reset int) {
		header := http.Header{}
		header.Set("RateLimit", fmt.Sprintf("limit=30, remaining=%d, reset=%d", remaining, reset))
		h.update(header, now, 15*time.Minute)
	}
	if h.scarce(now) || !h.take(now) {
		t.Error("scarce though nothing is known")
	}
	answer(9, 800)
	answer(12, 800) // which was asked before
	if h.remaining != 9 {
		t.Errorf("%d are left", h.remaining)
	}
	spent := 0
	for h.take(now) {
		spent++
	}
	if spent != 2 || !h.scarce(now) {
		t.Errorf("%d spent, scarce: %v", spent, h.scarce(now))
	}
	now = now.Add(800 * time.Second)
	if h.scarce(now) {
		t.Error("scarce after the window's end")
	}
	answer(29, 900)
	if h.remaining != 29 || h.scarce(now) {
		t.Errorf("%d are left in the next window", h.remaining)
	}
}
