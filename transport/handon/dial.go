package handon

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/civicpress/civic-realtime/persist/directconn"
	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// keepAlive is how long nothing comes from another node before the kernel asks whether it is there.
// A node whose machine has gone is noticed after twice this time.
const keepAlive = 15 * time.Second

// dial connects to the node with an address, which has accepted this one then. The error is a
// *RefusedError if the node has answered.
func (c *Config) dial(ctx context.Context, address string) (net.Conn, error) {
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: keepAlive, Interval: keepAlive / 3, Count: 3,
	}}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	netpoll.LimitSilence(conn, 2*keepAlive)
	return c.introduce(ctx, conn, address)
}

// introduce sends the hello and reads the answer. It closes the connection when it fails.
func (c *Config) introduce(
	ctx context.Context, conn net.Conn, address string,
) (_ net.Conn, err error) {
	bare, conn := conn, directconn.Direct(conn)
	stop := context.AfterFunc(ctx, func() { _ = bare.SetDeadline(time.Unix(0, 0)) })
	defer func() {
		if !stop() && err == nil {
			err = context.Cause(ctx)
		}
		if err != nil {
			_ = bare.Close()
		}
	}()
	if c.DialTLS != nil {
		secure := tls.Client(conn, tlsFor(c.DialTLS, address))
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		conn = secure
	}
	text, err := appendHello(nil, hello{Node: c.Node, Secret: c.secret()})
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(text); err != nil {
		return nil, err
	}
	return conn, readAnswer(conn)
}

// tlsFor returns a configuration that checks the name in the certificate of the node at an address.
func tlsFor(cfg *tls.Config, address string) *tls.Config {
	if cfg.ServerName != "" || cfg.InsecureSkipVerify {
		return cfg
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return cfg
	}
	cfg = cfg.Clone()
	cfg.ServerName = host
	return cfg
}
