package admin

import (
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// guard refuses requests before any route sees them.
func (s *Server) guard(r *http.Request) error {
	if !s.hostAllowed(r) {
		return s.refuse(r, hostRefused, httpapi.Problem(
			http.StatusMisdirectedRequest, api.HostNotAllowed,
			"the host of the request is not one of this listener; admin.hosts may name it"))
	}
	if httpapi.CrossSite(r) {
		return s.refuse(r, crossSiteRefused, httpapi.Problem(http.StatusForbidden, api.CrossSite,
			"a page of another origin has sent the request"))
	}
	return nil
}

// hostAllowed protects from DNS rebinding: a page whose name is made to resolve to this listener
// would be of the same origin. Such a page's host is a name, and not the address of the listener.
func (s *Server) hostAllowed(r *http.Request) bool {
	host := httpapi.Hostname(r.Host)
	if host == "localhost" || slices.Contains(s.current.Load().Hosts, host) {
		return true
	}
	ip, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	return ip.IsLoopback() || local != nil && ip.Unmap() == addrOf(local.String())
}

// addrOf returns the address of an address and port.
func addrOf(addrport string) netip.Addr {
	a, _ := netip.ParseAddrPort(addrport)
	return a.Addr().Unmap()
}

// authorize checks the token of a request. A wrong token is refused at a bounded rate; the right
// one is always admitted, so that nobody can keep out an operator behind the same address.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) error {
	want := s.current.Load().secret
	if want == nil {
		return nil
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(scheme, "Bearer") && want.is(strings.TrimSpace(token)) {
		return nil
	}
	w.Header().Set("WWW-Authenticate", `Bearer realm="civic-realtime admin"`)
	p := httpapi.Problem(http.StatusUnauthorized, api.Unauthorized, "the token is not the server's")
	if token == "" {
		p.Detail = "a token is needed: Authorization: Bearer …"
	}
	wait, report := s.attempts.Failed(addrOf(r.RemoteAddr))
	if wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
		p = httpapi.Problem(http.StatusTooManyRequests, api.TooManyAttempts, "too many wrong tokens")
	}
	if report > 0 {
		s.refusals.Log(s.log, slog.LevelWarn, "admin request without a valid token",
			slog.String("remote", r.RemoteAddr), slog.Int("times", report))
	}
	s.metrics.refused[tokenRefused].Inc()
	return p
}

// refuse counts and logs a request that is refused, and returns p.
func (s *Server) refuse(r *http.Request, why refusal, p *api.Problem) error {
	s.metrics.refused[why].Inc()
	s.refusals.Log(s.log, slog.LevelWarn, "admin request refused", slog.String("reason", p.Title),
		slog.String("remote", r.RemoteAddr))
	return p
}
