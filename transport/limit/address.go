package limit

import (
	"net"
	"net/http"
	"net/netip"
	"strings"
)

// Addresses determines the addresses that clients are counted by. The zero netip.Addr stands for a
// client that is not counted by address.
type Addresses struct {
	// TrustedProxies are the peers whose header X-Forwarded-For is trusted.
	TrustedProxies []netip.Prefix
	// Unlimited is for development: no client is counted by address.
	Unlimited bool
}

// Client returns the address of the client of a request: the peer's or, if the peer is a trusted
// proxy, the last address in X-Forwarded-For that is not a trusted proxy's. Each proxy appends the
// address that it sees, so the client may have made up all addresses before that one. There are two
// cases in which the client is not counted. A loopback address may be that of a proxy on this
// machine that sends no header, and all its clients would share one count. And a trusted proxy may
// send no address.
func (a *Addresses) Client(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || a.Unlimited {
		return netip.Addr{}
	}
	ip := peer.Addr().Unmap()
	if a.trusts(ip) {
		ip = a.forwardedFor(r.Header)
	}
	return countable(ip)
}

// Peer returns the address that a connection is counted by before its request has come. There is
// none if the peer is a trusted proxy, or on this machine, where a proxy may be.
func (a *Addresses) Peer(c net.Conn) netip.Addr {
	peer := PeerAddr(c)
	if a.Unlimited || a.trusts(peer) {
		return netip.Addr{}
	}
	return countable(peer)
}

// PeerAddr returns the remote address of a TCP connection, the zero Addr for any other connection.
func PeerAddr(c net.Conn) netip.Addr {
	if tcp, ok := c.RemoteAddr().(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

func (a *Addresses) trusts(ip netip.Addr) bool {
	for _, p := range a.TrustedProxies {
		if p.Contains(ip.WithZone("")) {
			return true
		}
	}
	return false
}

// forwardedFor returns the client's address in X-Forwarded-For: none if the header is malformed, or
// has only addresses of trusted proxies.
func (a *Addresses) forwardedFor(h http.Header) netip.Addr {
	list := strings.Join(h.Values("X-Forwarded-For"), ",")
	for more := true; more; {
		var last string
		if i := strings.LastIndexByte(list, ','); i >= 0 {
			list, last = list[:i], list[i+1:]
		} else {
			last, more = list, false
		}
		if ip := parseForwarded(last); !ip.IsValid() || !a.trusts(ip) {
			return ip
		}
	}
	return netip.Addr{}
}

// parseForwarded parses an element of X-Forwarded-For. Some proxies write a port, too.
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

// countable returns the address that ip is counted by: its network; none for a loopback address.
func countable(ip netip.Addr) netip.Addr {
	if !ip.IsValid() || ip.IsLoopback() {
		return netip.Addr{}
	}
	return network(ip)
}

// network returns the /64 of an IPv6 address, as one household or server has all of it, and other
// addresses as they are.
func network(ip netip.Addr) netip.Addr {
	const household = 64
	if ip.Is6() {
		p, _ := ip.WithZone("").Prefix(household)
		return p.Addr()
	}
	return ip
}
