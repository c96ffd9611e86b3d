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

// retry tries as often as is allowed and makes sense.
func (c *Client) retry(ctx context.Context, r request) (json.RawMessage, error) {
	data, err := backoff.Retry(ctx, func() ([]byte, error) {
		data, err := c.attempt(ctx, r)
		return data, c.advise(r, err)
	},
		backoff.WithBackOff(c.pauses()),
		backoff.WithMaxTries(uint(c.cfg.Attempts)),
		backoff.WithMaxElapsedTime(0), // attempts and pauses are bounded each
		backoff.WithNotify(func(error, time.Duration) { c.metrics.retries.Inc() }),
	)
	var e *Error
	switch {
	case err == nil:
		return data, nil
	case errors.As(err, &e):
		return nil, e // without the advice
	case ctx.Err() != nil:
		return nil, ctx.Err()
	}
	return nil, err
}

func (c *Client) pauses() backoff.BackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval:     c.cfg.RetryPause,
		MaxInterval:         c.cfg.RetryPauseMax,
		Multiplier:          2,
		RandomizationFactor: 0.5,
	}
}

// retryAdvice is an error with what is to be done about it.
type retryAdvice struct{ err, then error }

func (a retryAdvice) Error() string   { return a.err.Error() }
func (a retryAdvice) Unwrap() []error { return []error{a.err, a.then} }

// advise says whether and when to try again.
func (c *Client) advise(r request, err error) error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &e) || !e.retryable(r.idempotent):
		return retryAdvice{err, backoff.Permanent(err)}
	case e.After > c.cfg.RetryAfterMax:
		return retryAdvice{err, backoff.Permanent(err)}
	case e.After > 0: // and not all at the same moment
		return retryAdvice{err, &backoff.RetryAfterError{Duration: e.After + rand.N(e.After/10+1)}}
	}
	return err
}

// retryable: not what would fail again, and not what may have been done already
// unless it may be done again.
func (e *Error) retryable(again bool) bool {
	switch e.Kind {
	case ErrRateLimited:
		return true
	case ErrUnavailable:
		return again || e.Status == http.StatusServiceUnavailable || e.unsent()
	}
	return false
}

// unsent: the request cannot have reached anybody.
func (e *Error) unsent() bool {
	var op *net.OpError
	return errors.As(e.Cause, &op) && op.Op == "dial"
}
