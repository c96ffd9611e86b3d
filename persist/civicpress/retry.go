package civicpress

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// call returns the data of the API's answer.
func (c *Client) call(ctx context.Context, r request) (json.RawMessage, error) {
	if r.token == "" {
		r.token = c.cfg().Token
	}
	if !sendable(r.token) {
		return nil, r.fail(ErrUnauthorized, 0, nil)
	}
	if len(r.body) > c.cfg().MaxBody {
		return nil, r.fail(ErrTooLarge, 0, nil)
	}
	data, err := c.retry(ctx, r)
	if errors.Is(err, ErrUnauthorized) {
		c.refuseToken(keyOf(r.token))
	}
	return data, err
}

// retry makes attempts at a call until one succeeds, or a further one is pointless or not allowed.
func (c *Client) retry(ctx context.Context, r request) (json.RawMessage, error) {
	data, err := backoff.Retry(ctx, func() ([]byte, error) {
		data, err := c.attempt(ctx, r)
		return data, c.advise(r, err)
	},
		backoff.WithBackOff(c.pauses()),
		backoff.WithMaxTries(uint(c.cfg().Attempts)),
		backoff.WithMaxElapsedTime(0), // attempts and pauses are bounded each
		backoff.WithNotify(func(error, time.Duration) { c.metrics.retries.Inc() }),
	)
	var e *Error
	switch {
	case err == nil:
		return data, nil
	case errors.As(err, &e):
		return nil, e // out of its retryAdvice
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, err
}

func (c *Client) pauses() backoff.BackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval:     c.cfg().RetryPause,
		MaxInterval:         c.cfg().RetryPauseMax,
		Multiplier:          2,
		RandomizationFactor: 0.5,
	}
}

// retryAdvice is the error of an attempt, and then, by which backoff decides whether to try again.
type retryAdvice struct{ err, then error }

func (a retryAdvice) Error() string   { return a.err.Error() }
func (a retryAdvice) Unwrap() []error { return []error{a.err, a.then} }

// advise returns err with the time of the next attempt, if there is to be one.
func (c *Client) advise(r request, err error) error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &e) || !e.retryable(r.idempotent):
		return retryAdvice{err, backoff.Permanent(err)}
	case e.After > c.cfg().RetryAfterMax:
		return retryAdvice{err, backoff.Permanent(err)}
	case e.After > 0: // a little later at random, so that not all calls come at once
		return retryAdvice{err, &backoff.RetryAfterError{Duration: e.After + rand.N(e.After/10+1)}}
	}
	return err
}

// retryable reports whether another attempt may succeed, and does no harm if the call has been
// carried out already.
func (e *Error) retryable(again bool) bool {
	switch e.Kind {
	case ErrRateLimited:
		return true
	case ErrUnavailable:
		return again || e.Status == http.StatusServiceUnavailable || e.unsent()
	}
	return false
}

// unsent reports whether the request cannot have reached the API.
func (e *Error) unsent() bool {
	var op *net.OpError
	return errors.As(e.Cause, &op) && op.Op == "dial"
}
