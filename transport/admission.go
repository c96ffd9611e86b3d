package transport

import (
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/civicpress/civic-realtime/transport/limit"
)

// newListener returns the listener that Serve accepts from.
func (s *Server) newListener(l net.Listener) *limit.Listener {
	return limit.NewListener(l, limit.ListenerConfig{
		Slots: s.cfg.Handshakes, Allow: s.allow, Now: func() time.Duration { return s.handshakeRate.Now() },
		Log: s.log, Evicted: s.counters.evicted,
	})
}

// allow counts a connection that was just accepted against the rate of its address, and returns
// how long that must wait. It does not count one behind a proxy, whose header has to come first.
func (s *Server) allow(c net.Conn) (counted bool, wait time.Duration) {
	ip := s.addresses.Peer(c)
	return ip.IsValid(), s.handshakeRate.Allow(ip)
}

// admit returns the address by which a client that wants a WebSocket is counted, and whether the
// handshake may go on. If not, admit has answered with an HTTP status. That costs less than a
// WebSocket with a close frame, which tells the client more, so the number of those is limited.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (ip netip.Addr, ok bool) {
	ip = s.addresses.Client(r)
	if s.connLimits.Exceeded(s.conns.size() - s.repeats.Refusals() - s.cfg.Handshakes) {
		s.tryLater(w, r, http.StatusServiceUnavailable, s.cfg.CloseTimeout, ip)
		return ip, false
	}
	if wait := s.handshakeWait(r, ip); wait > 0 {
		s.tryLater(w, r, http.StatusTooManyRequests, wait, ip)
		return ip, false
	}
	return ip, true
}

// handshakeWait returns how long a client at ip must wait. A connection that was counted by its
// own address when it was accepted is not counted again.
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

func (s *Server) tryLater(w http.ResponseWriter, r *http.Request, status int, wait time.Duration, ip netip.Addr) {
	s.logTryLater(r, status, ip)
	limit.AnswersHTTP(r)
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	http.Error(w, http.StatusText(status), status)
}
