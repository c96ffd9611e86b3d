package civicpress

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// rateLimit is a limit of the API, as the headers of its answers give it. Calls wait while it is
// exceeded.
type rateLimit struct {
	mu        sync.Mutex // guards everything below
	until     time.Time
	limit     int       // of calls in a window; 0: not known
	remaining int       // of them
	reset     time.Time // when the window ends
}

// wait returns the time for which calls are held back.
func (h *rateLimit) wait(now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.until.Sub(now)
}

// scarce reports whether no more than a quarter of the allowance is left.
func (h *rateLimit) scarce(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.isScarce(now)
}

func (h *rateLimit) isScarce(now time.Time) bool {
	return now.Before(h.reset) && h.remaining*4 <= h.limit
}

// take takes a call off the allowance, or returns false if it is scarce. So no more of many
// concurrent callers make a call than the allowance has calls.
func (h *rateLimit) take(now time.Time) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.isScarce(now) {
		return false
	}
	h.remaining--
	return true
}

// sameWindow is the largest difference between the ends that two answers give for one window, which
// they give in seconds.
const sameWindow = 5 * time.Second

// update reads the limit from an answer.
func (h *rateLimit) update(resp *http.Response, now time.Time, cfg Config) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if limit, remaining, reset, ok := allowance(resp.Header); ok {
		ends := now.Add(min(reset, cfg.RateLimitMax))
		if ends.Sub(h.reset) <= sameWindow && now.Before(h.reset) {
			// Answers may overtake each other.
			remaining, ends = min(remaining, h.remaining), h.reset
		}
		h.limit, h.remaining, h.reset = limit, remaining, ends
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		h.until = now.Add(limitFor(resp.Header, cfg))
	}
}

// limitFor returns the time for which a 429 holds calls back.
func limitFor(h http.Header, cfg Config) time.Duration {
	if after := retryAfter(h); after > 0 {
		return min(after, cfg.RateLimitMax)
	}
	return cfg.RateLimitPause
}

// allowance reads "RateLimit: limit=30, remaining=12, reset=540".
func allowance(h http.Header) (limit, remaining int, reset time.Duration, ok bool) {
	values := map[string]int{}
	for part := range strings.SplitSeq(h.Get("RateLimit"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		if n, err := strconv.Atoi(value); err == nil && n >= 0 {
			values[name] = n
		}
	}
	seconds, ok := values["reset"]
	return values["limit"], values["remaining"], inSeconds(seconds), ok && values["limit"] > 0
}

// retryAfter reads both forms of the header, and returns 0 if it is missing or malformed.
func retryAfter(h http.Header) time.Duration {
	value := h.Get("Retry-After")
	if n, err := strconv.Atoi(value); err == nil {
		return max(0, inSeconds(n))
	}
	if at, err := http.ParseTime(value); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// inSeconds returns n seconds, and does not overflow.
func inSeconds(n int) time.Duration { return time.Duration(min(n, 1<<30)) * time.Second }
