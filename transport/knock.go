package transport

import (
	"math"
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
	if s.conns.size()-s.cfg.Handshakes >= s.cfg.Connections {
		s.limits.overAll.Inc()
		tryLater(w, http.StatusServiceUnavailable, s.cfg.CloseTimeout)
		return ip, false
	}
	if wait := s.limits.knock(ip); wait > 0 {
		tryLater(w, http.StatusTooManyRequests, wait)
		return ip, false
	}
	return ip, true
}

func tryLater(w http.ResponseWriter, status int, wait time.Duration) {
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	http.Error(w, http.StatusText(status), status)
}
