package standin

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Fault makes calls go wrong. With Delay alone they are only late.
type Fault struct {
	Route      string        // which calls; empty: all
	Times      int           // how many of them; 0: until Heal
	Delay      time.Duration // before anything happens
	Status     int           // of an answer that comes instead of the call's
	Code       string        // in that answer
	RetryAfter string        // in its header
	Body       string        // of that answer, as it is; empty: the API's form
	NoRoute    bool          // answers as if there were no such route
	Cut        bool          // cuts the connection instead of answering
	Acted      bool          // the call is carried out first
}

// Fail makes calls go wrong from now on. Of several faults for a call the first counts.
func (a *API) Fail(f Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, &f)
}

// Heal ends all faults.
func (a *API) Heal() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = nil
}

// fault returns that of a call, which may be none, and counts it.
func (a *API) fault(route string) Fault {
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, f := range a.faults {
		if f.Route != "" && f.Route != route {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				a.faults = slices.Delete(a.faults, i, i+1)
			}
		}
		return *f
	}
	return Fault{}
}

func (f Fault) instead() bool { return f.Status != 0 || f.Body != "" || f.NoRoute || f.Cut }

// apply turns the call's answer into the fault's.
func (f Fault) apply(w http.ResponseWriter, q query, answer reply) reply {
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	switch {
	case f.NoRoute:
		return noRoute(q, "")
	case f.Cut:
		return reply{}
	case f.Body != "":
		return reply{max(f.Status, http.StatusOK), f.Body}
	case f.Status != 0:
		return failure(f.Status, f.Code, http.StatusText(f.Status))
	}
	return answer
}

// pause is over early when the client has gone.
func pause(r *http.Request, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.Context().Done():
	}
}

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

// Call is one that was made.
type Call struct {
	Route    string
	RecordID string
	Status   int // 0: the connection was cut
	Body     string
}

// Calls returns those made so far, in the order in which they were answered.
func (a *API) Calls() []Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.calls)
}

// Count returns how many calls of a route were answered or cut; empty: of all.
func (a *API) Count(route string) (n int) {
	for _, c := range a.Calls() {
		if route == "" || c.Route == route {
			n++
		}
	}
	return n
}

func (a *API) log(q query, route string, status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, Call{route, q.PathValue("id"), status, string(q.body)})
}
