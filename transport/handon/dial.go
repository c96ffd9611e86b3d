package handon

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// keepAlive is how long nothing comes from another node before the kernel asks whether it is there.
// A node whose machine has gone is noticed after twice this time.
const keepAlive = 15 * time.Second

// Dial hands a connection on to the node with an address: it returns the connection to that node,
// which has taken the client's over and reads its bytes next. The error is a *RefusedError if the
// node has answered.
func (c *Config) Dial(ctx context.Context, address string, p Preamble) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout())
	defer cancel()
	d := net.Dialer{KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: keepAlive, Interval: keepAlive / 3, Count: 3,
	}}
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	netpoll.LimitSilence(conn, 2*keepAlive)
	conn, err = c.introduce(ctx, conn, address, p)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", address, err)
	}
	return conn, nil
}

// introduce sends the preamble and reads the answer. It closes the connection when it fails.
func (c *Config) introduce(
	ctx context.Context, conn net.Conn, address string, p Preamble,
) (_ net.Conn, err error) {
	bare := conn
	defer func() {
		if err != nil {
			_ = bare.Close()
		}
	}()
	stop := context.AfterFunc(ctx, func() { _ = bare.SetDeadline(time.Unix(0, 0)) })
	defer stop()
	if c.DialTLS != nil {
		secure := netpoll.DialTLS(conn, tlsFor(c.DialTLS, address))
		if err := secure.HandshakeContext(ctx); err != nil {
			return nil, err
		}
		conn = secure
	}
	p.Node = c.Node
	hello, err := appendPreamble(nil, p, c.secret())
	if err != nil {
		return nil, err
	}
	if _, err := conn.Write(hello); err != nil {
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
