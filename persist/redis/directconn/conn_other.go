//go:build !unix

package directconn

import "net"

// direct returns the connection.
func direct(conn net.Conn) net.Conn { return conn }
