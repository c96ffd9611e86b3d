package transport

import (
	"net/http"
	"strings"

	"github.com/civicpress/civic-realtime/transport/limit"
)

// programsPath begins the paths of Config.Programs.
const programsPath = "/v1/"

// forProgram reports whether a request is one of a program.
func (s *Server) forProgram(r *http.Request) bool {
	return s.cfg().Programs != nil && strings.HasPrefix(r.URL.EscapedPath(), programsPath)
}

// serveProgram answers a request of a program. Its connection does not count as a handshake any
// more: Config.Programs bounds the requests.
func (s *Server) serveProgram(w http.ResponseWriter, r *http.Request) {
	limit.Release(r)
	if s.refusesPlain(w, r) {
		return
	}
	if s.drain.closing.Load() || s.cfg().Disabled {
		w.Header().Set("Retry-After", "1")
		http.Error(w, http.StatusText(http.StatusServiceUnavailable), http.StatusServiceUnavailable)
		return
	}
	defer s.programs.begin()()
	s.cfg().Programs(w, r, s.clientOf(r))
}
