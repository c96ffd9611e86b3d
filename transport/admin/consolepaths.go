package admin

import (
	"net/http"
	"strings"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/console"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// The routes that serve all paths below one. They are none of the API, so the table has none.
var (
	consoleIsOff = route{path: consolePath, open: true, tree: true, handle: (*Server).noConsole}
	toConsole    = route{path: "/", open: true, tree: true, handle: (*Server).toConsole}
	consoleFiles = route{path: consolePath, open: true, tree: true, handle: (*Server).consoleFile}
	playground   = route{
		path: playgroundPath, open: true, tree: true, handle: (*Server).playground,
	}
)

// consoleRoute returns the route of a request for a file of the console, or for the playground; nil
// for any other.
func (s *Server) consoleRoute(r *http.Request) *route {
	path := r.URL.EscapedPath()
	below := strings.HasPrefix(path, consolePath)
	entrance := path == "/console" || path == "/"
	switch on := s.current.Load().Console; {
	case !on && (below || path == "/console"):
		return &consoleIsOff
	case !on:
		return nil
	case entrance:
		return &toConsole
	case !below || path == sessionPath:
		return nil
	case s.cfg.Playground != nil && strings.HasPrefix(path, playgroundPath):
		return &playground
	}
	return &consoleFiles
}

func (s *Server) noConsole(http.ResponseWriter, *http.Request) error {
	return httpapi.Problem(http.StatusNotFound, api.NotFound, "the console is off (admin.console)")
}

// toConsole sends a browser to the console.
func (s *Server) toConsole(w http.ResponseWriter, r *http.Request) error {
	if r.Method != get && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return httpapi.Problem(http.StatusMethodNotAllowed, api.MethodNotAllowed,
			"this path allows GET, HEAD")
	}
	w.Header().Set("Location", consolePath)
	w.WriteHeader(http.StatusFound)
	return nil
}

func (s *Server) consoleFile(w http.ResponseWriter, r *http.Request) error {
	below := strings.TrimPrefix(r.URL.EscapedPath(), consolePath)
	return console.Load().Serve(w, r, below)
}

// playground serves the playground to those who are signed in, and sends a person who is not to the
// page with the sign-in. A WebSocket needs the origin of this listener, as a browser lets the pages
// of all origins open one.
func (s *Server) playground(w http.ResponseWriter, r *http.Request) error {
	if callerOf(r).session == nil && console.Navigates(r) && s.current.Load().secret != nil {
		return s.toConsole(w, r)
	}
	if err := s.authorize(w, r); err != nil {
		return err
	}
	inner := r.Clone(r.Context())
	inner.Header.Del("Cookie")
	inner.Header.Del("Authorization")
	console.ProtectPage(w.Header())
	if !upgrades(r) {
		s.cfg.Playground.ServeHTTP(w, inner)
		return nil
	}
	if !console.OwnOrigin(r) {
		return s.refuseOrigin(r)
	}
	return s.upgrade(w, inner)
}

// upgrades reports whether a request asks for another protocol on its connection.
func upgrades(r *http.Request) bool { return len(r.Header.Values("Upgrade")) > 0 }
