package standin

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

const windowLength = 15 * time.Minute

// take counts a call, and writes the header of the answer. It reports whether the limit is
// exceeded.
func (w *window) take(h http.Header, now time.Time) (over bool) {
	if w.limit < 0 {
		return false
	}
	if !now.Before(w.ends) {
		w.count, w.ends = 0, now.Add(windowLength)
	}
	w.count++
	reset := int((w.ends.Sub(now) + time.Second - 1) / time.Second)
	h.Set("RateLimit-Policy", fmt.Sprintf("%d;w=%d", w.limit, int(windowLength.Seconds())))
	remaining := max(0, w.limit-w.count)
	h.Set("RateLimit", fmt.Sprintf("limit=%d, remaining=%d, reset=%d", w.limit, remaining, reset))
	if w.count > w.limit {
		h.Set("Retry-After", strconv.Itoa(reset))
	}
	return w.count > w.limit
}

// limited returns the refusal of a call that exceeds a limit.
func (a *API) limited(w http.ResponseWriter, route string) (reply, bool) {
	if a.all.take(w.Header(), a.opt.Now()) {
		return reply{http.StatusTooManyRequests, "Too many requests, please try again later."}, true
	}
	auth := route == Simulated || route == Me || route == Logout
	if auth && a.auth.take(w.Header(), a.opt.Now()) {
		const message = "Too many authentication attempts — try again later"
		return failure(http.StatusTooManyRequests, "RATE_LIMITED", message), true
	}
	return reply{}, false
}
