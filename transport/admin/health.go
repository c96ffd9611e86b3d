package admin

import (
	_ "embed"
	"net/http"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/exposition"
)

// healthz answers that the process runs.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, api.Health{Status: "ok"})
}

// readyz answers a load balancer that asks whether to send clients here.
func (s *Server) readyz(w http.ResponseWriter, _ *http.Request) error {
	if err := s.cfg.Ready(); err != nil {
		body := api.Health{Status: "unavailable", Reason: err.Error()}
		return answer(w, http.StatusServiceUnavailable, body)
	}
	return answer(w, http.StatusOK, api.Health{Status: "ready"})
}

func (s *Server) version(w http.ResponseWriter, _ *http.Request) error {
	return answer(w, http.StatusOK, s.cfg.Build)
}

func (s *Server) writeMetrics(w http.ResponseWriter, r *http.Request) error {
	exposition.Serve(w, r, s.cfg.Metrics)
	return nil
}

//go:embed openapi.json
var openAPI []byte

func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", jsonType)
	_, _ = w.Write(openAPI) // fails only if the client has gone
	return nil
}
