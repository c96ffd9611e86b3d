package standin

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// window counts calls, as express-rate-limit does: from the first on, for 15 minutes.
type window struct {
	limit int
	count int
	ends  time.Time
}

const windowLength = 15 * time.Minute

// take counts a call and says so in the answer's header.
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
	h.Set("RateLimit", fmt.Sprintf("limit=%d, remaining=%d, reset=%d", w.limit, max(0, w.limit-w.count), reset))
	if w.count > w.limit {
		h.Set("Retry-After", strconv.Itoa(reset))
	}
	return w.count > w.limit
}

// limited refuses what is too much.
func (a *API) limited(w http.ResponseWriter, route string) (reply, bool) {
	if a.all.take(w.Header(), a.opt.Now()) {
		return reply{http.StatusTooManyRequests, "Too many requests, please try again later."}, true
	}
	auth := route == Simulated || route == Me || route == Logout
	if auth && a.auth.take(w.Header(), a.opt.Now()) {
		return failure(http.StatusTooManyRequests, "RATE_LIMITED", "Too many authentication attempts — try again later"), true
	}
	return reply{}, false
}
