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
	// Ready returns the reason for sending no clients here, nil if there is none. It returns at
	// once.
	Ready func() error
	// Build is the answer of /version.
	Build Build
	// Metrics writes the metrics of the process in the Prometheus text format.
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

// ready answers a load balancer that asks whether to send clients here.
func (h Handler) ready(w http.ResponseWriter) {
	if err := h.Ready(); err != nil {
		body := status{Status: "unavailable", Reason: err.Error()}
		writeJSON(w, http.StatusServiceUnavailable, body)
		return
	}
	writeJSON(w, http.StatusOK, status{Status: "ready"})
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // fails only if the client has gone
}
