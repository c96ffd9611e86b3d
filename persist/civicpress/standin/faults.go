package standin

import (
	"net/http"
)

// Fail adds a fault. Of several that fit a call the first takes effect.
func (a *API) Fail(f Fault) { a.faults.Add(f, f.Route, f.Times) }

// ClearFaults ends all faults.
func (a *API) ClearFaults() { a.faults.Clear() }

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
