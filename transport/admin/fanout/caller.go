package fanout

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"
)

// Caller sends requests to other nodes. Its methods are safe for concurrent use. Use NewCaller.
type Caller struct {
	secret
	scheme string
	http   http.Client
}

// dialTime is how long a node may take to accept a connection.
const dialTime = time.Second

// NewCaller returns a caller with the secret of the nodes. config is for TLS; nil: none.
func NewCaller(secret string, config *tls.Config) *Caller {
	c := &Caller{scheme: "http"}
	c.SetSecret(secret)
	if config != nil {
		c.scheme = "https"
	}
	dialer := &net.Dialer{Timeout: dialTime}
	c.http.Transport = &http.Transport{
		DialContext: dialer.DialContext, TLSClientConfig: config, TLSHandshakeTimeout: dialTime,
		MaxIdleConnsPerHost: 2, IdleConnTimeout: time.Minute,
	}
	c.http.CheckRedirect = func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}
	return c
}

// Close closes the connections that are kept for the next call.
func (c *Caller) Close() { c.http.CloseIdleConnections() }

// Call sends a request, whose URL has path and query only, to the node at an address with a port.
// The caller closes the body of the answer. Nothing bounds the time but ctx.
func (c *Caller) Call(
	ctx context.Context, address string, r *http.Request,
) (*http.Response, error) {
	r = r.WithContext(ctx)
	r.URL.Scheme, r.URL.Host, r.Host = c.scheme, address, ""
	c.sign(r)
	answer, err := c.http.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode == http.StatusUnauthorized {
		_ = answer.Body.Close()
		return nil, fmt.Errorf("the node at %s has another secret", address)
	}
	return answer, nil
}

// maxAnswer bounds the answer to a probe, in bytes.
const maxAnswer = 4 << 10

// Probe asks the node at an address whether it is there. It returns the time that the answer took,
// and by how much the node's clock is ahead, which is exact to half of that time.
func (c *Caller) Probe(ctx context.Context, address string) (
	a Answer, took, ahead time.Duration, err error,
) {
	r, err := http.NewRequest(http.MethodGet, probePath, nil)
	if err != nil {
		return a, 0, 0, err
	}
	began := time.Now()
	answer, err := c.Call(ctx, address, r)
	if err != nil {
		return a, 0, 0, err
	}
	took = time.Since(began)
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return a, 0, 0, fmt.Errorf("the node at %s answers %s", address, answer.Status)
	}
	err = json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(&a)
	return a, took, a.At.Sub(began.Add(took / 2)), err
}
