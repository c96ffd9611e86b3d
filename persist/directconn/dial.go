// Package directconn has connections, to Redis and to other nodes, whose reads and writes bypass
// Go's scheduler, as they never wait: sockets are O_NONBLOCK, and the runtime's poller is waited
// for when they are not ready.
//
// A call of the system that the scheduler knows of wakes its monitor, which then looks for blocked
// threads every 20 µs for as long as there is work. It would do so while updates that have waited
// for a database, or have come from another node, are sent to all clients: a fifth of a busy node's
// processor time.
//
// Files, in layers; each uses only what is listed before it:
//
//	conn_unix.go conn_other.go  connections
//	dial.go                     opening them
package directconn

import (
	"context"
	"crypto/tls"
	"net"
)

// Dial opens a connection, with TLS if config is not nil. It does not change config.
func Dial(
	ctx context.Context, addr string, dialer *net.Dialer, config *tls.Config,
) (net.Conn, error) {
	if dialer.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, dialer.Timeout)
		defer cancel()
	}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	switch {
	case err != nil:
		return nil, err
	case config == nil:
		return Direct(conn), nil
	}
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName, _, _ = net.SplitHostPort(addr)
	}
	over := tls.Client(Direct(conn), config)
	if err := over.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return over, nil
}
