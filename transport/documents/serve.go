package documents

import (
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// Serve answers a request that has come from a client's address; the zero address stands for one
// that is not counted.
func (s *Server) Serve(w http.ResponseWriter, r *http.Request, client netip.Addr) {
	answer := &httpapi.Counting{ResponseWriter: w, Count: s.metrics.answered}
	q := &request{Request: r, w: answer, now: s.current.Load()}
	c, err := s.serve(q, client)
	if err != nil {
		if q.caller == nil {
			httpapi.DiscardInput(answer, r)
		}
		s.fail(q, err)
	}
	if s.cfg.Audit != nil && c != nil && c.audited {
		s.cfg.Audit(Call{
			By: q.caller.Name, Remote: r.RemoteAddr, Method: r.Method, Route: c.path,
			Room: r.PathValue("room"), Status: answer.Status,
		})
	}
}

// serve answers a request, or returns why not. It returns the route of one that is allowed.
func (s *Server) serve(r *request, client netip.Addr) (*route, error) {
	control := http.NewResponseController(r.w)
	_ = control.SetReadDeadline(time.Now().Add(bodyTime)) // fails for a connection without one
	_ = control.SetWriteDeadline(time.Now().Add(bodyTime + httpapi.AnswerTime))
	h := r.w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept, Authorization, Origin")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	defer s.requests.Add(-1)
	if s.requests.Add(1) > int64(r.now.Requests) {
		retryAfter(r.w, time.Second)
		return nil, s.refuse(r, requestsRefused, problem(http.StatusServiceUnavailable,
			api.Unavailable, "api.max_requests are in progress"))
	}
	c, err := s.admit(r, client)
	if c == nil || err != nil {
		return nil, err
	}
	return c, s.dispatch(c, r)
}

// admit returns the route of a request that is allowed; nil if it is answered already.
func (s *Server) admit(r *request, client netip.Addr) (*route, error) {
	if err := s.checkOrigin(r); err != nil {
		return nil, err
	}
	if r.Method == http.MethodOptions {
		preflight(r.w)
		return nil, nil
	}
	if client.IsValid() {
		if err := s.checkRate(r, client.String()); err != nil {
			return nil, err
		}
	}
	if err := s.authorize(r, client); err != nil {
		return nil, err
	}
	if err := s.checkRate(r, r.caller.Name); err != nil {
		return nil, err
	}
	c, err := find(r)
	if err == nil {
		err = s.checkScope(c, r)
	}
	if err == nil {
		err = httpapi.CheckNames(r.Request, strings.Fields(c.query)...)
	}
	if err == nil {
		err = httpapi.Acceptable(r.Request, c.media()...)
	}
	return c, err
}

// dispatch answers a request here, or passes it on to the node that has the room, or the version on
// its disk.
func (s *Server) dispatch(c *route, r *request) error {
	room := r.PathValue("room")
	if room == "" {
		return c.handle(s, r)
	}
	if s.cfg.Nodes != nil {
		if c.everywhere {
			return c.handle(s, r)
		}
		if id := c.diskVersion(r); id != 0 {
			return s.atDisk(c, r, id)
		}
	}
	return s.atOwner(r, room, r.Body, func() error { return c.handle(s, r) })
}
