package admin

import (
	"net/http"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// drain begins the shutdown of the program.
func (s *Server) drain(w http.ResponseWriter, r *http.Request) error {
	if err := noBody(r); err != nil {
		return err
	}
	s.did(r, "drain")
	err := answer(w, http.StatusAccepted, api.Draining{Draining: true})
	s.cfg.Drain()
	return err
}
