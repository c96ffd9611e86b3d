package documents

import (
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/documents/access"
	"github.com/civicpress/civic-realtime/transport/httpapi"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// checkOrigin refuses requests of pages that may not send any, and allows those of others to read
// the answer. Without a key that would protect us, pages of other origins may send none.
func (s *Server) checkOrigin(r *request) error {
	allowed := auth.Allowed(r.now.AllowedOrigins, r.Header)
	if r.now.Open && (httpapi.CrossSite(r.Request) || !isLoopback(r.Host)) {
		allowed = false
	}
	if !allowed {
		return s.refuse(r, originRefused, problem(http.StatusForbidden, api.CrossSite,
			"a page of an origin that is not allowed has sent the request"))
	}
	if origin := r.Header.Get("Origin"); origin != "" {
		h := r.w.Header()
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "ETag, Location, Retry-After")
	}
	return nil
}

// isLoopback reports whether a host of a request is this machine's. A page whose name is made to
// resolve to it has another one.
func isLoopback(host string) bool {
	host = httpapi.Hostname(host)
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// preflight answers a browser that asks whether a page may send a request.
func preflight(w http.ResponseWriter) {
	h := w.Header()
	h.Set("Access-Control-Allow-Methods", "GET, HEAD, POST, PUT, PATCH, DELETE")
	h.Set("Access-Control-Allow-Headers",
		"Authorization, Content-Type, If-Match, If-None-Match, Prefer, "+onBehalfOf)
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
}

// checkRate refuses a request if its caller, an address or a name, has sent too many.
func (s *Server) checkRate(r *request, caller string) error {
	wait := s.rates.Allow(caller)
	if wait == 0 {
		return nil
	}
	retryAfter(r.w, wait)
	return s.refuse(r, rateRefused, problem(http.StatusTooManyRequests, TooManyRequests,
		"api.requests_per_second is exceeded"))
}

func retryAfter(w http.ResponseWriter, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
}

// authorize sets the caller of a request. A wrong key is refused at a bounded rate.
func (s *Server) authorize(r *request, client netip.Addr) error {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		token = ""
	}
	if token = strings.TrimSpace(token); token == "" && r.now.Open && limit.FromLoopback(r.Request) {
		r.caller = access.Anybody()
		return nil
	}
	reason := "a key or a token is needed: Authorization: Bearer …"
	if token != "" {
		if r.caller = r.now.Keys.Find(token); r.caller != nil {
			return nil
		}
		var err error
		if reason, err = s.admitToken(r, token); err != nil || r.caller != nil {
			return err
		}
	}
	return s.unauthorized(r, client, reason)
}

// dotsOfJWT is how many dots a JSON Web Token has.
const dotsOfJWT = 2

// admitToken sets the caller of a request with a token that is no key, or returns why it is
// refused.
func (s *Server) admitToken(r *request, token string) (reason string, err error) {
	const unknown = "there is no such key"
	if r.now.Program == nil || strings.Count(token, ".") != dotsOfJWT {
		return unknown, nil
	}
	p, err := r.now.Program(r.Context(), token)
	if refused, ok := err.(*engine.CloseError); ok {
		if refused.Code == engine.CloseUnavailable {
			return "", problem(http.StatusServiceUnavailable, api.Unavailable, refused.Reason)
		}
		return refused.Reason, nil
	}
	if err != nil {
		return "", err
	}
	entries := make([]access.Entry, len(p.Documents))
	for i, g := range p.Documents {
		entries[i] = access.Entry(g)
	}
	caller, ok := access.OfToken(p.ID, p.Name, p.Expires, entries)
	if !ok {
		return "the token has a claim of another form", nil
	}
	r.caller = caller
	return "", nil
}

// unauthorized counts a wrong key, and returns the problem that it is.
func (s *Server) unauthorized(r *request, client netip.Addr, reason string) error {
	r.w.Header().Set("WWW-Authenticate", `Bearer realm="civic-realtime documents"`)
	p := problem(http.StatusUnauthorized, api.Unauthorized, reason)
	wait, report := s.attempts.Failed(client)
	if wait > 0 {
		retryAfter(r.w, wait)
		p = problem(http.StatusTooManyRequests, api.TooManyAttempts, "too many wrong keys")
	}
	if report > 0 {
		s.refusals.Log(s.log, slog.LevelWarn, "api request without a valid token",
			slog.String("remote", r.RemoteAddr), slog.Int("times", report))
	}
	s.metrics.refused[tokenRefused].Inc()
	return p
}

// refuse counts and logs a request that is refused, and returns p.
func (s *Server) refuse(r *request, why refusal, p *api.Problem) error {
	s.metrics.refused[why].Inc()
	s.refusals.Log(s.log, slog.LevelWarn, "api request refused", slog.String("reason", p.Title),
		slog.String("remote", r.RemoteAddr))
	return p
}

// logAction logs what a program has made the server do.
func (s *Server) logAction(r *request, what string, attrs ...slog.Attr) {
	attrs = append([]slog.Attr{
		slog.String("action", what), slog.String("by", r.caller.Name),
		slog.String("room", r.PathValue("room")), slog.String("remote", r.RemoteAddr),
	}, attrs...)
	s.log.LogAttrs(r.Context(), slog.LevelInfo, "api", attrs...)
}

// checkScope refuses what the caller may not do.
func (s *Server) checkScope(c *route, r *request) error {
	room := r.PathValue("room")
	if room == "" && r.caller.Has(c.scope) || room != "" && r.caller.May(c.scope, room) {
		return nil
	}
	return s.forbidden(r, c.scope)
}

// forbidden returns the problem of a scope that a caller lacks.
func (s *Server) forbidden(r *request, scope access.Scope) error {
	return s.refuse(r, scopeRefused, problem(http.StatusForbidden, Forbidden,
		"the key or token lacks "+string(scope)+" for that"))
}
