//go:build !linux

package transport

import "net"

// pollers are for systems with epoll.
type pollers struct {
	beater any
}

func (*pollers) link(c *conn, tcp net.Conn) link { return newStdLink(c, tcp) }
func (*pollers) close()                          {}
func (*pollers) reports() uint64                 { return 0 }
