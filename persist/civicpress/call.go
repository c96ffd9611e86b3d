package civicpress

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/sony/gobreaker/v2"
)

// attempt makes one attempt when there is a slot for it.
func (c *Client) attempt(ctx context.Context, r request) ([]byte, error) {
	if err := c.rateLimited(r); err != nil { // no need to wait
		return nil, err
	}
	if err := c.slots.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer c.slots.Release(1)
	if err := c.rateLimited(r); err != nil {
		return nil, err
	}
	data, err := c.breaker.Execute(func() ([]byte, error) { return c.exchange(ctx, r) })
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		err = r.fail(ErrUnavailable, 0, err)
	}
	return data, err
}

// rateLimited returns an error while calls of the request's kind are held back.
func (c *Client) rateLimited(r request) error {
	wait := c.rateLimit(r.op).wait(time.Now())
	if wait <= 0 {
		return nil
	}
	e := r.fail(ErrRateLimited, 0, nil)
	e.After = wait
	return e
}

// exchange sends the request and reads the answer. Its error is an *Error, or the context's if that
// has ended.
func (c *Client) exchange(ctx context.Context, r request) (data []byte, err error) {
	started := time.Now()
	defer func() { c.metrics.called(r.op, time.Since(started), err) }()
	// A process that was stopped goes on before its timers fire: ctx may not have ended yet.
	if deadline, ok := ctx.Deadline(); ok && !started.Before(deadline) {
		return nil, context.DeadlineExceeded
	}
	limited, cancel := context.WithTimeout(ctx, c.cfg().Timeout)
	defer cancel()
	resp, err := c.send(limited, r)
	if err == nil {
		defer resp.Body.Close()
		data, err = io.ReadAll(io.LimitReader(resp.Body, int64(c.cfg().MaxBody)+1))
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil:
		return nil, r.fail(ErrUnavailable, 0, causeOf(err))
	case len(data) > c.cfg().MaxBody:
		return nil, r.fail(ErrTooLarge, resp.StatusCode, nil)
	}
	c.rateLimit(r.op).update(resp, time.Now(), *c.cfg())
	return r.parse(resp, data, *c.cfg())
}

func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "civic-realtime")
	if r.body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return c.http.Do(req)
}

var errConnection = errors.New("connection broken")

// causeOf returns the part of an error of net/http that may be logged. The whole of it names the
// record, and may quote bytes that came in the place of an answer.
func causeOf(err error) error {
	var (
		network     *net.OpError
		certificate *tls.CertificateVerificationError
	)
	switch {
	case errors.As(err, &network):
		return network
	case errors.As(err, &certificate):
		return certificate
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	}
	return errConnection
}

func (c *Client) rateLimit(o op) *rateLimit {
	if o == checkSession {
		return &c.authLimit
	}
	return &c.otherLimit
}
