package standin

import (
	"net/http"
	"slices"
	"time"
)

// Fail adds a fault. Of several that fit a call the first takes effect.
func (a *API) Fail(f Fault) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = append(a.faults, &f)
}

// ClearFaults ends all faults.
func (a *API) ClearFaults() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.faults = nil
}

// fault returns the fault that fits a call, which may be none, and counts the call.
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

// apply returns the fault's answer in the place of the call's.
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

// pause waits, until the client has gone at the latest.
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
