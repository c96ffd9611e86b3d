package httpcall

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Call makes attempts at a call until one succeeds, or a further one is pointless or not allowed.
func (s *Server) Call(ctx context.Context, c Call) (Answer, error) {
	if len(c.Body) > s.options().MaxBody {
		return Answer{}, c.fail(ErrTooLarge, 0, nil)
	}
	a, err := backoff.Retry(ctx, func() (Answer, error) {
		a, err := s.attempt(ctx, c)
		return a, s.advise(c, err)
	},
		backoff.WithBackOff(s.pauses()),
		backoff.WithMaxTries(uint(s.options().Attempts)),
		backoff.WithMaxElapsedTime(0), // attempts and pauses are bounded each
		backoff.WithNotify(func(error, time.Duration) { s.metrics.retries.Inc() }),
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

func (s *Server) pauses() backoff.BackOff {
	return &backoff.ExponentialBackOff{
		InitialInterval:     s.options().RetryPause,
		MaxInterval:         s.options().RetryPauseMax,
		Multiplier:          2,
		RandomizationFactor: 0.5,
	}
}

// retryAdvice is the error of an attempt, and then, by which backoff decides whether to try again.
type retryAdvice struct{ err, then error }

func (a retryAdvice) Error() string   { return a.err.Error() }
func (a retryAdvice) Unwrap() []error { return []error{a.err, a.then} }

// advise returns err with the time of the next attempt, if there is to be one.
func (s *Server) advise(c Call, err error) error {
	var e *Error
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &e) || !e.retryable(c.Idempotent):
		return retryAdvice{err, backoff.Permanent(err)}
	case e.After > s.options().RetryAfterMax:
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

// unsent reports whether the request cannot have reached the server.
func (e *Error) unsent() bool {
	var op *net.OpError
	return errors.As(e.Cause, &op) && op.Op == "dial"
}
