package admin

import (
	"log/slog"
	"net/http"
)

// did logs what an operator has made the server do.
func (s *Server) did(r *http.Request, what string, attrs ...slog.Attr) {
	attrs = append([]slog.Attr{
		slog.String("action", what), slog.String("remote", r.RemoteAddr),
	}, attrs...)
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "admin", attrs...)
}
