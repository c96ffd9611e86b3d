package transport

import (
	"net/http"
	"net/netip"
	"strings"
)

// clientIP is the address that limits are counted by: the peer's, or, if that is a
// trusted proxy, the last in X-Forwarded-For that is none. Each proxy adds the
// address it sees at the end, so what stands before that one is hearsay. Without
// an address, limits by address do not apply; that is so for loopback, where a
// proxy that sends no header would share one between all its clients, for a
// trusted proxy that sends none, and when Config.Unlimited is set.
func (s *Server) clientIP(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || s.cfg.Unlimited {
		return netip.Addr{}
	}
	ip := peer.Addr().Unmap()
	if s.trusts(ip) {
		ip = s.forwardedFor(r.Header)
	}
	return countable(ip)
}

func (s *Server) trusts(ip netip.Addr) bool {
	for _, p := range s.cfg.TrustedProxies {
		if p.Contains(ip.WithZone("")) {
			return true
		}
	}
	return false
}

// forwardedFor returns no address when the header has none but trusted ones, or is
// not what it should be.
func (s *Server) forwardedFor(h http.Header) netip.Addr {
	list := strings.Join(h.Values("X-Forwarded-For"), ",")
	for more := true; more; {
		var last string
		if i := strings.LastIndexByte(list, ','); i >= 0 {
			list, last = list[:i], list[i+1:]
		} else {
			last, more = list, false
		}
		if ip := parseForwarded(last); !ip.IsValid() || !s.trusts(ip) {
			return ip
		}
	}
	return netip.Addr{}
}

// parseForwarded takes an address as proxies write it, some of them with a port.
func parseForwarded(s string) netip.Addr {
	s = strings.TrimSpace(s)
	if a, err := netip.ParseAddr(s); err == nil {
		return a.Unmap()
	}
	if a, err := netip.ParseAddrPort(s); err == nil {
		return a.Addr().Unmap()
	}
	return netip.Addr{}
}

// countable is what ip is counted as: an IPv6 address as its /64, which is what one
// household or server has to itself.
func countable(ip netip.Addr) netip.Addr {
	const household = 64
	if !ip.IsValid() || ip.IsLoopback() {
		return netip.Addr{}
	}
	if ip.Is6() {
		p, _ := ip.WithZone("").Prefix(household)
		return p.Addr()
	}
	return ip
}
