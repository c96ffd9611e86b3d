package civicpress

import (
	"errors"
	"time"
)

// A refusal is an answer of the API's that is given again without asking, for longer each time that it was the same:
// a client that comes back at once, for hours, costs no more calls than one that does not.
type refusal struct {
	err   error
	until time.Time
	times int // in a row
}

// refusalGrowth is how many times longer a refusal is remembered than the one before it.
const refusalGrowth = 6

// again returns what is to be remembered when the answer was err once more: for first at the beginning, and never
// for longer than most. Of several answers to questions that were asked together one counts.
func (r refusal) again(err error, first, most time.Duration, now time.Time) refusal {
	if kindOfError(r.err) != kindOfError(err) || now.Sub(r.until) >= most {
		r.times = 0
	}
	if now.Before(r.until) {
		return refusal{err, r.until, max(1, r.times)}
	}
	wait := first
	for range r.times {
		if wait *= refusalGrowth; wait >= most {
			break
		}
	}
	return refusal{err, now.Add(min(wait, most)), r.times + 1}
}

// kindOfError returns the Kind of an *Error, and any other error itself.
func kindOfError(err error) error {
	if e, ok := err.(*Error); ok {
		return e.Kind
	}
	return err
}

// holds returns the error while it is remembered, else nil.
func (r refusal) holds(now time.Time) error {
	if now.Before(r.until) {
		return r.err
	}
	return nil
}

// failed returns what is to be remembered of a failure of the API's, which may soon be over.
func (c *Client) failed(before refusal, err error) refusal {
	return before.again(err, c.cfg.RefreshPause, refusalGrowth*c.cfg.RefreshPause, time.Now())
}

// lasting says whether a failure is worth remembering: what the breaker and holds keep from being called costs nothing.
func lasting(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Kind != ErrRateLimited && !e.silent()
}
