//go:build !linux

package transport

import (
	"net"
	"time"
)

// pollers are for systems with epoll.
type pollers struct {
	untilBeat func(now time.Time) time.Duration
}

func (*pollers) link(c *conn, tcp net.Conn) link { return newStdLink(c, tcp) }
func (*pollers) close()                          {}
