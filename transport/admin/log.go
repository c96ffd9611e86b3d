package admin

import (
	"errors"
	"log/slog"
	"net/http"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// did logs what an operator has made the server do.
func (s *Server) did(r *http.Request, what string, attrs ...slog.Attr) {
	attrs = append([]slog.Attr{
		slog.String("action", what), slog.String("remote", r.RemoteAddr),
	}, attrs...)
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "admin", attrs...)
}

// fail answers a request with an error. The text of an error that is no problem goes to the log
// only, as it may contain paths.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var p *api.Problem
	if !errors.As(err, &p) {
		s.log.Error("admin request failed", slog.String("method", r.Method),
			slog.String("path", r.URL.Path), slog.String("reason", err.Error()))
		p = problem(http.StatusInternalServerError, api.Failed, "the log has the reason")
	}
	w.Header().Set("Content-Type", problemType)
	writeBody(w, p.Status, p)
}
