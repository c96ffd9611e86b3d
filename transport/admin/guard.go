package admin

import (
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"

	"github.com/civicpress/civic-realtime/transport/admin/api"
	"github.com/civicpress/civic-realtime/transport/admin/console"
	"github.com/civicpress/civic-realtime/transport/httpapi"
)

// guard refuses requests before any route sees them.
func (s *Server) guard(r *http.Request) error {
	if !s.hostAllowed(r) {
		return s.refuse(r, hostRefused, httpapi.Problem(
			http.StatusMisdirectedRequest, api.HostNotAllowed,
			"the host of the request is not one of this listener; admin.hosts may name it"))
	}
	if httpapi.CrossSite(r) && !s.opensConsole(r) {
		return s.refuse(r, crossSiteRefused, httpapi.Problem(http.StatusForbidden, api.CrossSite,
			"a page of another origin has sent the request"))
	}
	return nil
}

// opensConsole reports whether a person opens the console by a link. That of another site is
// followed, too: the page holds no secret, and does nothing by itself.
func (s *Server) opensConsole(r *http.Request) bool {
	switch r.URL.EscapedPath() {
	case "/", "/console", consolePath, playgroundPath:
		return console.Navigates(r) && s.current.Load().Console
	}
	return false
}

// checkOrigin refuses a request of a session that may change something, unless it says that a page
// of this listener has sent it: pages on other ports of the host would have the cookie sent, too.
func (s *Server) checkOrigin(r *http.Request) error {
	if callerOf(r).session == nil || r.Method == get || r.Method == http.MethodHead ||
		console.OwnOrigin(r) {
		return nil
	}
	return s.refuseOrigin(r)
}

func (s *Server) refuseOrigin(r *http.Request) error {
	return s.refuse(r, crossSiteRefused, httpapi.Problem(http.StatusForbidden, api.CrossSite,
		"the request has the cookie of a session, and needs the Origin of this listener"))
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

// authorize checks the session of a request, or its token. A wrong token is refused at a bounded
// rate; the right one is always admitted, so that nobody can keep out an operator behind the same
// address.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) error {
	now := s.current.Load()
	want := now.secret
	token, bearer := bearerOf(r)
	if want == nil || callerOf(r).session != nil || bearer && want.is(token) {
		callerOf(r).valid = now.valid
		s.conns.keep(r)
		return nil
	}
	if !bearer && (len(console.IDs(r)) > 0 || console.OwnPage(r)) {
		return s.noSession(w, r)
	}
	return s.wrongToken(w, r, token)
}

// challenge says how a request is authorized. Browsers show no dialog for this scheme.
const challenge = `Bearer realm="civic-realtime admin"`

// noSession refuses a request of a page of the console, as after signing out in another tab, or one
// with the cookie of a session that has ended. Neither is an attempt to guess a token.
func (s *Server) noSession(w http.ResponseWriter, r *http.Request) error {
	callerOf(r).refused = true
	s.metrics.refused[sessionRefused].Inc()
	w.Header().Set("WWW-Authenticate", challenge)
	return httpapi.Problem(http.StatusUnauthorized, api.Unauthorized,
		"there is no session, or it has ended: sign in")
}

// wrongToken refuses a request with another token than the server's.
func (s *Server) wrongToken(w http.ResponseWriter, r *http.Request, token string) error {
	callerOf(r).refused = true
	w.Header().Set("WWW-Authenticate", challenge)
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
