package app

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"syscall"
	"time"
)

// peerPatience is how long a node that takes over waits for the address of its peer listener, which
// the process before it gives up when it has drained.
const peerPatience = 10 * time.Second

// listenForPeers listens for other nodes.
func (c *Config) listenForPeers(ctx context.Context) (net.Listener, error) {
	address := c.Cluster.Listen
	if address == "" {
		ip, err := c.Redis.localAddress()
		if err != nil {
			return nil, err
		}
		address = net.JoinHostPort(ip.String(), "0")
	}
	ctx, cancel := context.WithTimeout(ctx, peerPatience)
	defer cancel()
	for {
		l, err := net.Listen("tcp", address)
		if err == nil {
			return l, nil
		}
		if !errors.Is(err, syscall.EADDRINUSE) || !c.takeover {
			return nil, fmt.Errorf("cluster.listen: %w", err)
		}
		select {
		case <-time.After(redisPause / 10):
		case <-ctx.Done():
			return nil, fmt.Errorf("cluster.listen: %w", err)
		}
	}
}

// advertised returns the address at which other nodes reach the peer listener.
func (c *Config) advertised(l net.Listener) (string, error) {
	at := l.Addr().(*net.TCPAddr)
	if c.Cluster.Advertise != "" || !at.IP.IsUnspecified() {
		return cmp.Or(c.Cluster.Advertise, at.String()), nil
	}
	ip, err := c.Redis.localAddress()
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(ip.String(), strconv.Itoa(at.Port)), nil
}

// peerTLS returns the configurations of TLS among nodes, nil for none.
func (p certificates) peerTLS(c *clusterConfig) (listen, dial *tls.Config, err error) {
	if p.cluster == nil {
		return nil, nil, nil
	}
	authority, err := readAuthorities(c.TLS.CAFile)
	if err != nil {
		return nil, nil, fmt.Errorf("cluster.tls.ca_file: %w", err)
	}
	listen, dial = p.cluster.Mutual(authority)
	return listen, dial, nil
}
