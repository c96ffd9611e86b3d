//go:build !unix

package directconn

import "net"

// Direct returns the connection.
func Direct(conn net.Conn) net.Conn { return conn }
