package transport

import (
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"
)

// knock says how long a client at ip must wait before it may shake hands; no time if it may now.
func (l *limits) knock(ip netip.Addr) time.Duration {
	if !ip.IsValid() {
		return 0
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now, b := l.now(), l.doors[ip]
	if wait := b.wait(l.knocking, now); wait > 0 {
		l.knocks.Inc()
		return wait
	}
	b.take(l.knocking, now)
	l.doors[ip] = b
	return 0
}

// sweep forgets the addresses whose buckets are full. It starts the table anew, as
// a Go map keeps the room of what it once held.
func (l *limits) sweep() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.doors) == 0 {
		return
	}
	now, kept := l.now(), map[netip.Addr]bucket{}
	for ip, b := range l.doors {
		if b.used(now) > 0 {
			kept[ip] = b
		}
	}
	l.doors = kept
}

// admit says where a client that wants to shake hands is, and whether it may.
// If not, it has answered: that costs less than an upgrade, which is for those who
// are to know why. Clients that are being told so are bounded, too.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (ip netip.Addr, ok bool) {
	ip = s.clientIP(r)
	if s.conns.size()-s.repeats.holding()-s.cfg.Handshakes >= s.cfg.Connections {
		s.limits.overAll.Inc()
		s.tryLater(w, r, http.StatusServiceUnavailable, s.cfg.CloseTimeout, ip)
		return ip, false
	}
	if wait := s.waitOf(r, ip); wait > 0 {
		s.tryLater(w, r, http.StatusTooManyRequests, wait, ip)
		return ip, false
	}
	return ip, true
}

// waitOf says how long a client at ip must wait. A connection whose own address counts
// has been counted when it was accepted.
func (s *Server) waitOf(r *http.Request, ip netip.Addr) time.Duration {
	if h := handshakeOf(r); h != nil && h.counted {
		return h.wait
	}
	return s.limits.knock(ip)
}

// allowConn counts a connection that was just accepted against the rate of its address, and
// says how long that must wait. The address counts only if it is the client's: not behind
// a trusted proxy or on this machine, where a proxy may be, as it would stand for many.
func (s *Server) allowConn(c net.Conn) (counted bool, wait time.Duration) {
	peer := addressOf(c)
	if s.cfg.Unlimited || s.trusts(peer) {
		return false, 0
	}
	ip := countable(peer)
	return ip.IsValid(), s.limits.knock(ip)
}

// handshakes is how many connections are in their handshake.
func (s *Server) handshakes() float64 {
	if g := s.shaking.Load(); g != nil {
		return float64(g.held())
	}
	return 0
}

func (s *Server) tryLater(w http.ResponseWriter, r *http.Request, status int, wait time.Duration, ip netip.Addr) {
	s.logTryLater(r, status, ip)
	answers(r)
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	http.Error(w, http.StatusText(status), status)
}
