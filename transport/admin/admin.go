// Package admin answers what operators and their load balancers ask over HTTP: health, readiness,
// version and metrics.
package admin

import (
	"encoding/json"
	"io"
	"net/http"
)

// Handler is an http.Handler for GET and HEAD. All fields are needed.
type Handler struct {
	// Ready says why no clients are to be sent here; nil: they may be. It returns at once.
	Ready func() error
	// Build is the answer of /version.
	Build Build
	// Metrics writes everything that the process counts, in the Prometheus text format.
	Metrics func(io.Writer)
}

// Build describes the running program.
type Build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go,omitempty"`
}

// status is the body of /healthz and /readyz.
type status struct {
	Status string `json:"status"`
	Reason string `json:"reason,omitempty"`
}

// ServeHTTP implements http.Handler.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	switch r.URL.Path {
	case "/healthz":
		writeJSON(w, http.StatusOK, status{Status: "ok"})
	case "/readyz":
		h.ready(w)
	case "/version":
		writeJSON(w, http.StatusOK, h.Build)
	case "/metrics":
		w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		h.Metrics(w)
	default:
		http.NotFound(w, r)
	}
}

// ready tells a load balancer whether to send clients here.
func (h Handler) ready(w http.ResponseWriter) {
	if err := h.Ready(); err != nil {
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
