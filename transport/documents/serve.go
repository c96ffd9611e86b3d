package documents

import (
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// bodyTime is how long a client may take to send a body.
const bodyTime = 60 * time.Second

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

// find returns the route of a request, whose path values it sets. Its error is a 404 or 405.
func find(r *request) (*route, error) {
	at := func(i int) (method, path string) { return routes[i].method, routes[i].path }
	i, err := httpapi.Find(len(routes), at, r.w, r.Request, openAPIPath+" lists all paths")
	if err != nil {
		return nil, err
	}
	return &routes[i], nil
}

// fail answers a request with an error. The text of an error that is no problem goes to the log
// only, as it may contain paths.
func (s *Server) fail(r *request, err error) {
	r.w.Header().Set("Content-Type", httpapi.ProblemType)
	if merge, ok := errors.AsType[*MergeProblem](err); ok {
		httpapi.WriteBody(r.w, merge.Status, merge)
		return
	}
	p, ok := errors.AsType[*api.Problem](err)
	if !ok {
		s.log.Error("api request failed", slog.String("method", r.Method),
			slog.String("room", r.PathValue("room")), slog.String("reason", err.Error()))
		p = problem(http.StatusInternalServerError, api.Failed, "the log has the reason")
	}
	httpapi.WriteBody(r.w, p.Status, p)
}
