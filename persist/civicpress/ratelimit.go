package civicpress

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// rateLimit is a limit of the API, as the headers of its answers give it. Calls wait while it is
// exceeded.
type rateLimit struct {
	httpcall.HoldBack
	mu        sync.Mutex // guards everything below
	limit     int        // of calls in a window; 0: not known
	remaining int        // of them
	reset     time.Time  // when the window ends
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

// update reads the limit from an answer. Its window ends within most.
func (h *rateLimit) update(header http.Header, now time.Time, most time.Duration) {
	limit, remaining, reset, ok := allowance(header)
	if !ok {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	ends := now.Add(min(reset, most))
	if ends.Sub(h.reset) <= sameWindow && now.Before(h.reset) {
		// Answers may overtake each other.
		remaining, ends = min(remaining, h.remaining), h.reset
	}
	h.limit, h.remaining, h.reset = limit, remaining, ends
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
	return values["limit"], values["remaining"], httpcall.Seconds(seconds), ok && values["limit"] > 0
}
