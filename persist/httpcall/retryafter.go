package httpcall

import (
	"net/http"
	"strconv"
	"sync"
	"time"
)

// HoldBack is the time until which calls of one kind are held back, after a 429.
type HoldBack struct {
	mu    sync.Mutex // guards until
	until time.Time
}

// Wait returns the time for which calls are held back.
func (h *HoldBack) Wait(now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.until.Sub(now)
}

func (h *HoldBack) set(until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.until = until
}

// limitFor returns the time for which a 429 holds calls back.
func limitFor(h http.Header, o *Options) time.Duration {
	if after := retryAfter(h); after > 0 {
		return min(after, o.RateLimitMax)
	}
	return o.RateLimitPause
}

// retryAfter reads both forms of the header, and returns 0 if it is missing or malformed.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if n, err := strconv.Atoi(value); err == nil {
		return max(0, Seconds(n))
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// Seconds returns n seconds, and does not overflow.
func Seconds(n int) time.Duration { return time.Duration(min(n, 1<<30)) * time.Second }
