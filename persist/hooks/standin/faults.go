package standin

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Fail adds a fault. Of several that fit a call the first takes effect.
func (s *Receiver) Fail(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
}

// ClearFaults ends all faults.
func (s *Receiver) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

// fault returns the fault that fits a call, which may be none, and counts the call.
func (s *Receiver) fault(route string) Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Route != "" && f.Route != route {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		return *f
	}
	return Fault{}
}

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
