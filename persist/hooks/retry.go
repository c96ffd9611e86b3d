package hooks

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/cenkalti/backoff/v5"

	"github.com/civicpress/civic-realtime/codec/standardwebhooks"
)

// call makes a call with a JSON body and returns the receiver's answer. All calls may be repeated:
// to store the same document again does no harm.
func (c *Client) call(ctx context.Context, r request) (answer, error) {
	if c.endpoints[r.hook].url == "" {
		return answer{}, fmt.Errorf("%w: hooks.%s is not set", ErrConfig, r.hook)
	}
	if len(r.body) > c.cfg().MaxBody {
		return answer{}, r.fail(ErrTooLarge, 0, nil)
	}
	r.id = standardwebhooks.NewID()
	a, err := backoff.Retry(ctx, func() (answer, error) {
		a, err := c.attempt(ctx, r)
		return a, c.advise(err)
	},
		backoff.WithBackOff(c.pauses()),
		backoff.WithMaxTries(uint(c.cfg().Attempts)),
		backoff.WithMaxElapsedTime(0), // attempts and pauses are bounded each
		backoff.WithNotify(func(error, time.Duration) { c.metrics.retries.Inc() }),
	)
	var e *Error
	switch {
	case err == nil:
		return a, nil
	case errors.As(err, &e):
		return a, e // out of its retryAdvice
	case ctx.Err() != nil:
		return a, ctx.Err()
	}
	return a, err
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
func (c *Client) advise(err error) error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &e) || e.Kind != ErrRateLimited && e.Kind != ErrUnavailable:
		return retryAdvice{err, backoff.Permanent(err)}
	case e.After > c.cfg().RetryAfterMax:
		return retryAdvice{err, backoff.Permanent(err)}
	case e.After > 0: // a little later at random, so that not all calls come at once
		return retryAdvice{err, &backoff.RetryAfterError{Duration: e.After + rand.N(e.After/10+1)}}
	}
	return err
}
