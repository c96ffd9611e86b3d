package admin

import (
	"context"
	"net/http"
	"net/netip"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// ForNodes returns the handler of calls of other nodes, which whoever serves it has checked. It
// answers all routes, for this server only, and those that nodes alone have.
func (s *Server) ForNodes() http.Handler { return http.HandlerFunc(s.serveNode) }

func (s *Server) serveNode(w http.ResponseWriter, r *http.Request) {
	r = r.WithContext(context.WithValue(r.Context(), nodeCall{}, true))
	if remote, err := netip.ParseAddrPort(r.Header.Get(remoteHeader)); err == nil {
		r.RemoteAddr = remote.String()
	}
	answer := &httpapi.Counting{ResponseWriter: w, Count: s.metrics.answered}
	c, err := s.routeForNode(w, r)
	if err == nil {
		err = c.handle(s, answer, r)
	}
	if err != nil {
		s.fail(answer, r, err)
	}
	s.audit(c, r, answer.Status, nil)
}

// routeForNode returns the route of a call of another node.
func (s *Server) routeForNode(w http.ResponseWriter, r *http.Request) (*route, error) {
	if c, err := find(nodeRoutes, w, r); err == nil {
		return c, nil
	}
	c, err := find(s.current.Load().routes, w, r)
	if err != nil {
		return nil, err
	}
	if err := httpapi.Acceptable(r, c.media()...); err != nil {
		return c, err
	}
	return c, checkNames(c, r)
}

// nodeRoutes are the routes that other nodes have beside all others.
var nodeRoutes = []route{
	{method: post, path: "/v1/decisions", handle: (*Server).reloadDecisions},
	{method: get, path: readingPath, handle: (*Server).reading},
}

// reloadDecisions puts locks and bans of other nodes into effect.
func (s *Server) reloadDecisions(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), roomTime)
	defer cancel()
	closed, err := s.cfg.Nodes.ReloadDecisions(ctx)
	if err != nil {
		return explain(err)
	}
	return httpapi.Answer(w, http.StatusOK, api.Disconnected{Connections: closed})
}
