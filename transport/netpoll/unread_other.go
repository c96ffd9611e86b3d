//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package netpoll

import "net"

// HasUnread returns false, as this system cannot tell: a client whose bytes wait to be read counts
// as slow.
func HasUnread(net.Conn) bool { return false }
