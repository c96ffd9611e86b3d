package webhooks

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"
)

// errPrivate says that an address is not public.
var errPrivate = errors.New("the address is not public, and allow_private is not set")

// reserved are ranges that are not public, beside those that netip knows (RFC 6890 and its
// successors), and an address at which a cloud has the services of its machines (Azure).
var reserved = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "168.63.129.16/32", "192.0.0.0/24", "192.0.2.0/24",
	"192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
	"2001::/23", "2001:db8::/32", "3fff::/20",
)

var (
	allocated = netip.MustParsePrefix("2000::/3")     // all that is public of IPv6
	nat64     = netip.MustParsePrefix("64:ff9b::/96") // RFC 6052
	sixTo4    = netip.MustParsePrefix("2002::/16")    // RFC 3056
)

func prefixes(texts ...string) (all []netip.Prefix) {
	for _, text := range texts {
		all = append(all, netip.MustParsePrefix(text))
	}
	return all
}

// public reports whether an address is one of the public internet. An IPv4 address within an IPv6
// address (mapped, NAT64, 6to4) counts as itself.
func public(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if inner, ok := embedded(ip); ok {
		return public(inner)
	}
	if !ip.IsValid() || !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return false // loopback, link-local, multicast and unspecified are no global unicast
	}
	if ip.Is6() && !allocated.Contains(ip) {
		return false
	}
	for _, p := range reserved {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// embedded returns the IPv4 address that packets to an IPv6 address are sent to.
func embedded(ip netip.Addr) (inner netip.Addr, ok bool) {
	b := ip.As16()
	switch {
	case !ip.Is6():
		return ip, false
	case nat64.Contains(ip):
		return netip.AddrFrom4([4]byte(b[12:])), true
	case sixTo4.Contains(ip):
		return netip.AddrFrom4([4]byte(b[2:])), true
	}
	return ip, false
}

// connectTimeout bounds the time until a connection is made.
const connectTimeout = 5 * time.Second

// dial makes a connection.
type dial = func(ctx context.Context, network, address string) (net.Conn, error)

// dialer connects to receivers. The address is checked right before the connection is made, when
// names have been resolved.
func dialer(allowPrivate bool) dial {
	d := net.Dialer{Timeout: connectTimeout}
	if !allowPrivate {
		d.Control = func(_, address string, _ syscall.RawConn) error {
			return checkAddress(address)
		}
	}
	return d.DialContext
}

// checkAddress fails unless an address with a port is public.
func checkAddress(address string) error {
	a, err := netip.ParseAddrPort(address)
	if err != nil || !public(a.Addr()) {
		return fmt.Errorf("%s: %w", address, errPrivate)
	}
	return nil
}
