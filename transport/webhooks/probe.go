package webhooks

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
)

// Probe connects to an endpoint as for a message, with TLS where its address says so, and sends
// nothing. It returns why that fails, without the query of the address.
func Probe(ctx context.Context, e Endpoint) error {
	u, err := url.Parse(e.URL)
	if err != nil {
		return errors.New("the address is not valid")
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	ctx, cancel := context.WithTimeout(ctx, 2*connectTimeout)
	defer cancel()
	conn, err := dialer(e.AllowPrivate)(ctx, "tcp", net.JoinHostPort(u.Hostname(), port))
	if err != nil {
		return errors.New(reasonOf(ctx, err, 2*connectTimeout))
	}
	defer conn.Close()
	if u.Scheme != "https" {
		return nil
	}
	c := tls.Client(conn, &tls.Config{ServerName: u.Hostname(), NextProtos: []string{"h2", "http/1.1"}})
	if err := c.HandshakeContext(ctx); err != nil {
		return fmt.Errorf("TLS: %w", err)
	}
	return nil
}

// Encrypted reports whether messages to an endpoint are.
func (e Endpoint) Encrypted() bool {
	u, err := url.Parse(e.URL)
	return err == nil && u.Scheme == "https"
}
