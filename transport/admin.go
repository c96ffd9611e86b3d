package transport

import (
	"encoding/json"
	"io"
	"net/http"

	"github.com/VictoriaMetrics/metrics"
)

// status is the body of /healthz and /readyz.
type status struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// admin answers what operators ask.
func (s *Server) admin(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	switch r.URL.Path {
	case "/healthz":
		writeJSON(w, http.StatusOK, status{Status: "ok"})
	case "/readyz":
		s.ready(w)
	case "/version":
		writeJSON(w, http.StatusOK, s.cfg.Build)
	case "/metrics":
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		s.writeMetrics(w)
	default:
		http.NotFound(w, r)
	}
}

// ready tells a load balancer whether to send clients here.
func (s *Server) ready(w http.ResponseWriter) {
	err := s.engine.Ready()
	if s.cfg.Disabled {
		err = errDisabled
	}
	if err != nil {
		writeJSON(w, http.StatusServiceUnavailable, status{Status: "unavailable", Reason: err.Error()})
		return
	}
	writeJSON(w, http.StatusOK, status{Status: "ready"})
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // fails only when the client has gone
}

// writeMetrics writes everything that the process counts in the Prometheus text format.
func (s *Server) writeMetrics(w io.Writer) {
	s.engine.WriteMetrics(w)
	s.counters.set.WritePrometheus(w)
	if s.cfg.Metrics != nil {
		s.cfg.Metrics(w)
	}
	metrics.WriteProcessMetrics(w)
}
