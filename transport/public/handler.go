package public

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/exposition"
)

// tryPath was the path of a page on which one could type; it leads to the playground.
const tryPath = "/try/"

// PlaygroundFiles are the paths of the files of the playground.
var PlaygroundFiles = []string{"/bundle.js", "/style.css", "/icon.svg", "/licenses.txt"}

// Handler is an http.Handler for GET and HEAD.
type Handler struct {
	// Ready returns the reason for sending no clients here, nil if there is none. It returns at
	// once. It must be set.
	Ready func() error
	// Remark returns what /readyz says beside "ready", empty for nothing. May be nil.
	Remark func() string
	// Build is the answer of /version; nil: there is no such path, as strangers need not know it.
	Build *api.Build
	// Metrics writes the metrics of the process in the Prometheus text format; nil: there is no
	// path /metrics.
	Metrics func(io.Writer)
	// Playground serves a page on which one can type, in the place of the page that says what this
	// service is, for development, and the PlaygroundFiles; nil: there is none.
	Playground http.Handler
}

// ServeHTTP implements http.Handler.
func (h Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	path := r.URL.Path
	switch {
	case h.Playground != nil && (path == "/" || slices.Contains(PlaygroundFiles, path)):
		h.Playground.ServeHTTP(w, r)
	case path == "/":
		page{Ready: h.Ready() == nil}.write(w)
	case path == "/robots.txt":
		robots(w)
	case path == "/healthz":
		writeJSON(w, http.StatusOK, api.Health{Status: "ok"})
	case path == "/readyz":
		h.ready(w)
	case path == "/version" && h.Build != nil:
		writeJSON(w, http.StatusOK, h.Build)
	case path == "/metrics" && h.Metrics != nil:
		exposition.Serve(w, r, h.Metrics)
	case h.Playground != nil && path == tryPath:
		http.Redirect(w, r, "/", http.StatusFound)
	default:
		http.NotFound(w, r)
	}
}

// ready answers a load balancer that asks whether to send clients here.
func (h Handler) ready(w http.ResponseWriter) {
	if err := h.Ready(); err != nil {
		body := api.Health{Status: "unavailable", Reason: err.Error()}
		writeJSON(w, http.StatusServiceUnavailable, body)
		return
	}
	body := api.Health{Status: "ready"}
	if h.Remark != nil {
		body.Reason = h.Remark()
	}
	writeJSON(w, http.StatusOK, body)
}

func writeJSON(w http.ResponseWriter, code int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // fails only if the client has gone
}
