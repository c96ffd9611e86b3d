//go:build !linux

package transport

import "net"

// pollers are for systems with epoll.
type pollers struct {
	beater any
}

func (*pollers) link(c *conn, tcp net.Conn) link { return newStdLink(c, tcp) }
func (*pollers) close()                          {}
