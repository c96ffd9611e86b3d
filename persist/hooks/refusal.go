package hooks

import (
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// refusal is an answer that refuses a token. It is cached for longer each time that the receiver
// repeats it, so that a client that reconnects at once, for hours, costs few calls.
type refusal struct {
	err   error
	until time.Time
	pause backoff.ExponentialBackOff // until the receiver is asked again; zero: none yet
}

// refusalGrowth is how many times longer a refusal is cached than the one before it.
const refusalGrowth = 6

// next returns the refusal to cache after the receiver has answered err: the first one holds for
// first, and none for longer than most.
func (r refusal) next(err error, first, most time.Duration, now time.Time) refusal {
	if kindOfError(r.err) != kindOfError(err) || now.Sub(r.until) >= most {
		r.pause = backoff.ExponentialBackOff{
			InitialInterval: min(first, most), MaxInterval: most, Multiplier: refusalGrowth,
		}
	}
	r.err, r.until = err, now.Add(r.pause.NextBackOff())
	return r
}

// kindOfError returns the Kind of an *Error, or any other error itself.
func kindOfError(err error) error {
	if e, ok := err.(*Error); ok {
		return e.Kind
	}
	return err
}

// holds returns the error while it is cached, else nil.
func (r refusal) holds(now time.Time) error {
	if now.Before(r.until) {
		return r.err
	}
	return nil
}

// refuses reports whether an error is an answer about the token, and not a failure.
func refuses(err error) bool {
	return errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrForbidden) ||
		errors.Is(err, ErrNotFound) || errors.Is(err, ErrGone)
}

// cacheable reports whether a failure is worth caching. One that the breaker or a rate limit
// repeats without a call is not.
func cacheable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind != ErrRateLimited && !e.noAnswer()
}
