package transport

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/handon"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// upgrade turns a request into a connection. A client that is refused gets a connection, too, as
// browsers can see the code of a close frame, but not the status of a failed handshake.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, rest string) {
	if wrong := checkUpgrade(r); wrong != nil {
		limit.AnswersHTTP(r)
		if !s.refusesPlain(w, r) {
			wrong.answer(w)
		}
		return
	}
	ip, ok := s.admit(w, r)
	if !ok {
		return
	}
	o := s.newOpening(r, rest, ip)
	if !s.conns.reserve() {
		s.refuseDraining(w, r, ip)
		return
	}
	if err := o.takeOver(w); err != nil {
		o.failed(err)
		return
	}
	if o.request.err == nil {
		o.request.err = s.allowed(r)
	}
	if s.cfg().Owners != nil && o.request.err == nil && !o.several {
		o.route()
		return
	}
	o.serve()
}

// allowed returns why a client is refused: the page's origin is not allowed, or the client has come
// without TLS and must not.
func (s *services) allowed(r *http.Request) error {
	if !s.secureEnough(r) {
		return errNoTLS
	}
	return s.checkOrigin(r.Header)
}

// checkOrigin refuses pages of other origins: a browser would let them act in the name of our
// users.
func (s *services) checkOrigin(h http.Header) error {
	if auth.Allowed(s.cfg().AllowedOrigins, h) {
		return nil
	}
	s.counters.originsRefused.Inc()
	return errOrigin
}

// admit returns the address that a client which asks for a WebSocket is counted by, and whether the
// handshake may go on. If not, admit has answered with an HTTP status. That costs less than a
// WebSocket with a close frame, which informs the client better, so the number of those is limited.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (ip netip.Addr, ok bool) {
	ip = s.clientOf(r)
	if s.drain.closing.Load() {
		s.refuseDraining(w, r, ip)
		return ip, false
	}
	if handon.PreambleOf(r) == nil { // else the node that the client came to has noted it
		s.noteHandshake(r.RemoteAddr, ip)
	}
	if s.connLimits.Exceeded(s.connections() - s.cfg().Handshakes) {
		s.tryLater(w, r, http.StatusServiceUnavailable, s.cfg().CloseTimeout, ip)
		return ip, false
	}
	if wait := s.handshakeWait(r, ip); wait > 0 {
		s.tryLater(w, r, http.StatusTooManyRequests, wait, ip)
		return ip, false
	}
	return ip, true
}

// handshakeWait returns the time for which a client at ip must wait. A connection that was counted
// by its own address when it was accepted is not counted again.
func (s *Server) handshakeWait(r *http.Request, ip netip.Addr) time.Duration {
	if h := limit.HandshakeOf(r); h != nil && h.Counted {
		return h.Wait
	}
	return s.handshakeRate.Allow(ip)
}

// handshakes returns how many connections are in their handshake.
func (s *Server) handshakes() float64 {
	if l := s.listener.Load(); l != nil {
		return float64(l.Held())
	}
	return 0
}

func (s *Server) tryLater(
	w http.ResponseWriter, r *http.Request, status int, wait time.Duration, ip netip.Addr,
) {
	s.logTryLater(r, slog.LevelWarn, status, ip)
	answerTryLater(w, r, status, wait)
}

// refuseDraining answers a handshake during a shutdown, so that a proxy passes it to another
// server.
func (s *Server) refuseDraining(w http.ResponseWriter, r *http.Request, ip netip.Addr) {
	s.logTryLater(r, slog.LevelInfo, http.StatusServiceUnavailable, ip)
	answerTryLater(w, r, http.StatusServiceUnavailable, s.cfg().CloseTimeout)
}

func answerTryLater(w http.ResponseWriter, r *http.Request, status int, wait time.Duration) {
	limit.AnswersHTTP(r)
	w.Header().Set("Retry-After", strconv.Itoa(retrySeconds(wait)))
	http.Error(w, http.StatusText(status), status)
}

// secureEnough reports whether a request has come over TLS, or need not.
func (s *services) secureEnough(r *http.Request) bool {
	if !s.cfg().RequireTLS || s.secure(r) {
		return true
	}
	s.counters.withoutTLS.Inc()
	return false
}

// refusesPlain answers 403 to a request that has come without TLS and must not, and returns false
// for any other. Programs on this machine may always ask for health and readiness.
func (s *Server) refusesPlain(w http.ResponseWriter, r *http.Request) bool {
	isProbe := r.URL.Path == "/healthz" || r.URL.Path == "/readyz"
	if isProbe && limit.FromLoopback(r) || s.secureEnough(r) {
		return false
	}
	client, _, _ := net.SplitHostPort(r.RemoteAddr)
	s.samples.Log(limit.SampleKey{Message: "request without TLS refused", Client: client},
		limit.Event{
			Level: slog.LevelWarn, Code: http.StatusForbidden,
			Attrs: []slog.Attr{slog.String("remote", client)},
		})
	http.Error(w, "TLS is required: use https://", http.StatusForbidden)
	return true
}
