package load

import "net"

// countingDialer makes the connection of a client, which counts the bytes that come.
type countingDialer struct{ c *client }

// Dial implements gws.Dialer.
func (d countingDialer) Dial(network, addr string) (net.Conn, error) {
	conn, err := net.DialTimeout(network, addr, patience)
	return countingConn{conn, &d.c.wire}, err
}

// countingConn is a connection that counts the bytes that come.
type countingConn struct {
	net.Conn
	received *counter
}

// Read implements net.Conn.
func (c countingConn) Read(b []byte) (n int, err error) {
	n, err = c.Conn.Read(b)
	c.received.Add(uint64(n))
	return n, err
}
