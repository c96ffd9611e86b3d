package httpcall

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Errors of calls, beside those of a context. All but ErrConfig are the Kind of an *Error.
var (
	ErrConfig       = errors.New("configuration is wrong")
	ErrUnauthorized = errors.New("not a valid token")
	ErrForbidden    = errors.New("not permitted")
	ErrNotFound     = errors.New("not found")
	// ErrRateLimited: Error.After is the time until another call makes sense.
	ErrRateLimited = errors.New("too many calls")
	// ErrUnavailable: a failure of the network, a timeout, a 5xx, or the breaker is open.
	ErrUnavailable = errors.New("the server does not answer")
	// ErrRejected: a 4xx that is none of the above.
	ErrRejected = errors.New("the server rejects the call")
	// ErrTooLarge: the body of the request or of the answer is larger than its limit.
	ErrTooLarge = errors.New("larger than the limit")
	// ErrAnswer: the answer is not of the form that it should have.
	ErrAnswer = errors.New("the server's answer is not understood")
)

// Error is the failure of a call.
type Error struct {
	Call   string        // that failed, as it is named in texts
	Status int           // of the answer; 0: none came
	Code   string        // the server's, if it gave one
	Reason string        // for the client, of a refusal; not in the text of the error
	After  time.Duration // until another call makes sense; 0 if unknown
	Kind   error         // one of the above, or the caller's
	Cause  error         // below HTTP; mostly nil
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %v", e.Call, e.Kind)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (%s)", strings.TrimSpace(fmt.Sprint(e.Status, " ", e.Code)))
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	return b.String()
}

// Unwrap returns Kind and Cause.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// noAnswer reports whether the server itself may be down, as opposed to one call having failed.
func (e *Error) noAnswer() bool {
	return e.Kind == ErrUnavailable && (e.Status == 0 || e.Status >= 502)
}

// KindOf returns the error that a status stands for, other than one of success.
func KindOf(status int) error {
	switch {
	case status == http.StatusUnauthorized:
		return ErrUnauthorized
	case status == http.StatusForbidden:
		return ErrForbidden
	case status == http.StatusNotFound:
		return ErrNotFound
	case status == http.StatusRequestEntityTooLarge:
		return ErrTooLarge
	case status == http.StatusTooManyRequests:
		return ErrRateLimited
	case status == http.StatusRequestTimeout, status >= 500:
		return ErrUnavailable
	case status >= 400:
		return ErrRejected
	}
	return ErrAnswer // redirects among them
}
