package hooks

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

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
)

// attempt makes one attempt when there is a slot for it.
func (c *Client) attempt(ctx context.Context, r request) (answer, error) {
	e := c.endpoints[r.hook]
	if err := e.rateLimited(r); err != nil { // no need to wait
		return answer{}, err
	}
	if err := e.slots.Acquire(ctx, 1); err != nil {
		return answer{}, err
	}
	defer e.slots.Release(1)
	if err := e.rateLimited(r); err != nil {
		return answer{}, err
	}
	a, err := e.breaker.Execute(func() (answer, error) { return c.exchange(ctx, e, r) })
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		err = r.fail(ErrUnavailable, 0, err)
	}
	return a, err
}

// exchange sends the request and reads the answer. Its error is an *Error, or the context's if that
// has ended.
func (c *Client) exchange(ctx context.Context, e *endpoint, r request) (a answer, err error) {
	started := time.Now()
	defer func() { c.metrics.called(r.hook, time.Since(started), err) }()
	// A process that was stopped goes on before its timers fire: ctx may not have ended yet.
	if deadline, ok := ctx.Deadline(); ok && !started.Before(deadline) {
		return a, context.DeadlineExceeded
	}
	limited, cancel := context.WithTimeout(ctx, c.cfg().Timeout)
	defer cancel()
	resp, err := c.send(limited, e, r)
	if err == nil {
		defer resp.Body.Close()
		a = answer{status: resp.StatusCode, header: resp.Header}
		a.body, err = io.ReadAll(io.LimitReader(resp.Body, int64(r.maxBody)+1))
	}
	switch {
	case err != nil && ctx.Err() != nil:
		return a, ctx.Err()
	case err != nil:
		return a, r.fail(ErrUnavailable, 0, causeOf(err))
	case len(a.body) > r.maxBody:
		return a, r.fail(ErrTooLarge, a.status, nil)
	}
	if a.status == http.StatusTooManyRequests {
		e.holdBack(limitFor(a.header, *c.cfg()))
	}
	return a, r.check(a, *c.cfg())
}

// send signs each attempt anew, as signatures are valid for a few minutes only.
func (c *Client) send(ctx context.Context, e *endpoint, r request) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "civic-realtime")
	if r.etag != "" {
		req.Header.Set("If-Match", r.etag)
	}
	standardwebhooks.SignHeader(req.Header, r.id, time.Now().Unix(), r.body, c.cfg().Secrets...)
	return c.http.Do(req)
}

var errConnection = errors.New("connection broken")

// causeOf returns the part of an error of net/http that may be logged. The whole of it has the URL,
// and may quote bytes that came in the place of an answer.
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
