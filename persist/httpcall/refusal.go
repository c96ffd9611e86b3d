package httpcall

import (
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Refusal is an answer that refuses something, as it is cached: for longer each time that the
// server repeats it, so that a client that reconnects at once, for hours, costs few calls.
type Refusal struct {
	Err   error
	until time.Time
	pause backoff.ExponentialBackOff // until the server is asked again; zero: none yet
}

// refusalGrowth is how many times longer a refusal is cached than the one before it.
const refusalGrowth = 6

// Next returns the refusal to cache after the server has answered err: the first one holds for
// first, and none for longer than most. While r holds, err answers a question that was asked
// together with r's, and extends nothing.
func (r Refusal) Next(err error, first, most time.Duration, now time.Time) Refusal {
	holds := now.Before(r.until)
	if kindOfError(r.Err) != kindOfError(err) || now.Sub(r.until) >= most {
		r.pause = backoff.ExponentialBackOff{
			InitialInterval: min(first, most), MaxInterval: most, Multiplier: refusalGrowth,
		}
		if holds {
			r.pause.NextBackOff()
		}
	}
	if r.Err = err; !holds {
		r.until = now.Add(r.pause.NextBackOff())
	}
	return r
}

// NextFailure does the same for a failure to answer.
func (r Refusal) NextFailure(err error, pause time.Duration, now time.Time) Refusal {
	return r.Next(err, pause, refusalGrowth*pause, now)
}

// kindOfError returns the Kind of an *Error, or any other error itself.
func kindOfError(err error) error {
	if e, ok := err.(*Error); ok {
		return e.Kind
	}
	return err
}

// Holds returns the error while it is cached, else nil.
func (r Refusal) Holds(now time.Time) error {
	if now.Before(r.until) {
		return r.Err
	}
	return nil
}

// Cacheable reports whether a failure is worth caching. One that the breaker or a rate limit
// repeats without a call is not.
func Cacheable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind != ErrRateLimited && !e.noAnswer()
}
