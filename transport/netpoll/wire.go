package netpoll

import (
	"crypto/tls"
	"net"
)

// Wire is the connection below a tls.Conn that is to be given to Pollers.Add, which replaces it by
// the bare socket.
type Wire struct{ net.Conn }

// OverTLS returns the server's end of a TLS connection over c, before its handshake.
func OverTLS(c net.Conn, cfg *tls.Config) *tls.Conn { return tls.Server(&Wire{c}, cfg) }

// WireOf returns the Wire below c, nil if c is no connection of OverTLS.
func WireOf(c net.Conn) *Wire {
	if secure, ok := c.(*tls.Conn); ok {
		wire, _ := secure.NetConn().(*Wire)
		return wire
	}
	return nil
}

// socketOf returns the connection below TLS; it is c itself if there is no TLS.
func socketOf(c net.Conn) net.Conn {
	if wire := WireOf(c); wire != nil {
		return wire.Conn
	}
	return c
}

// closeWrite ends the direction to the other side. Over TLS it sends the alert close_notify first.
func closeWrite(c net.Conn) {
	if secure, ok := c.(*tls.Conn); ok {
		_ = secure.CloseWrite()
	}
	if half, ok := socketOf(c).(interface{ CloseWrite() error }); ok {
		_ = half.CloseWrite()
	}
}
