package limit

import (
	"net/http"
	"net/netip"
	"strings"
)

// Secure reports whether a request has come over TLS: to this server, or to a trusted proxy that
// says so in X-Forwarded-Proto or, without that, in Forwarded (RFC 7239). If these name several
// protocols, as there are several proxies, all must be secure: the client may have made up any but
// the last.
func (a *Addresses) Secure(r *http.Request) bool {
	if r.TLS != nil {
		return true
	}
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil || !a.trusts(peer.Addr().Unmap()) {
		return false
	}
	if said := r.Header.Values("X-Forwarded-Proto"); len(said) > 0 {
		return allSecure(strings.SplitSeq(strings.Join(said, ","), ","))
	}
	return forwardedSecure(r.Header.Values("Forwarded"))
}

// allSecure reports whether there are protocols, and all are secure.
func allSecure(protocols func(yield func(string) bool)) (all bool) {
	for p := range protocols {
		if p = strings.ToLower(strings.TrimSpace(p)); p != "https" && p != "wss" {
			return false
		}
		all = true
	}
	return all
}

// forwardedSecure is allSecure for the header Forwarded, in which each proxy must name a protocol.
func forwardedSecure(lines []string) bool {
	return allSecure(func(yield func(string) bool) {
		for element := range strings.SplitSeq(strings.Join(lines, ","), ",") {
			if !yield(forwardedProto(element)) {
				return
			}
		}
	})
}

// forwardedProto returns the parameter proto of an element of Forwarded, "" if there is none.
func forwardedProto(element string) string {
	for pair := range strings.SplitSeq(element, ";") {
		name, value, _ := strings.Cut(pair, "=")
		if strings.EqualFold(strings.TrimSpace(name), "proto") {
			return strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	return ""
}

// FromLoopback reports whether the peer of a request is on this machine.
func FromLoopback(r *http.Request) bool {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	return err == nil && peer.Addr().Unmap().IsLoopback()
}
