package standin

import (
	"net/http"
	"strings"
)

// Fail adds a fault. Of several that fit a call the first takes effect.
func (s *Receiver) Fail(f Fault) { s.faults.Add(f, f.Route, f.Times) }

// ClearFaults ends all faults.
func (s *Receiver) ClearFaults() { s.faults.Clear() }

func (f Fault) instead() bool {
	return f.Status != 0 || f.Body != "" || f.Cut || f.Location != "" || f.Size > 0
}

// apply returns the fault's answer in the place of the call's.
func (f Fault) apply(w http.ResponseWriter, answer reply) reply {
	if f.RetryAfter != "" {
		w.Header().Set("Retry-After", f.RetryAfter)
	}
	if !f.instead() {
		return answer
	}
	if f.Location != "" {
		w.Header().Set("Location", f.Location)
		return reply{status: http.StatusTemporaryRedirect}
	}
	answer = reply{status: max(f.Status, http.StatusOK), kind: f.Type, body: f.Body}
	if answer.kind == "" {
		answer.kind = "application/json"
	}
	if f.Size > 0 {
		answer.body = strings.Repeat("x", f.Size)
	}
	return answer
}
