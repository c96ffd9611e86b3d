package civicpress

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Errors of calls, beside those of a context. All but ErrConfig and ErrChanged are the Kind of an
// *Error.
var (
	ErrConfig = errors.New("configuration is wrong")
	// ErrUnauthorized: the token is missing, malformed, not CivicPress', expired or revoked.
	ErrUnauthorized = errors.New("not a live session")
	// ErrForbidden: the session is valid, and the user has no right to do that.
	ErrForbidden = errors.New("not permitted")
	// ErrNotFound: there is no such record, or it is hidden from this user; CivicPress' answer is
	// the same.
	ErrNotFound = errors.New("no such record")
	// ErrGone is the Cause of an ErrNotFound if the user is an editor, from whom no record is
	// hidden.
	ErrGone = errors.New("it is not there for an editor")
	// ErrNoSnapshot: the API keeps snapshots, but has none of this record.
	ErrNoSnapshot  = errors.New("no snapshot of the record")
	ErrUnsupported = errors.New("the API has no such route")
	// ErrRateLimited: Error.After is the time until another call makes sense.
	ErrRateLimited = errors.New("too many calls")
	// ErrUnavailable: a failure of the network, a timeout, a 5xx, or the breaker is open.
	ErrUnavailable = errors.New("the API does not answer")
	// ErrRejected: a 4xx that is none of the above.
	ErrRejected = errors.New("the API rejects the call")
	// ErrTooLarge: the body of the request or of the answer is larger than Config.MaxBody.
	ErrTooLarge = errors.New("larger than the limit")
	// ErrAnswer: the answer is neither data nor an error of a known form.
	ErrAnswer = errors.New("the API's answer is not understood")
	// ErrChanged: the record is not in the state that a draft is based on; in a *ChangedError.
	ErrChanged = errors.New("the record has changed meanwhile")
)

// Error is the failure of a call. It contains no token and no text of a record.
type Error struct {
	Op     string        // of the call
	Status int           // of the answer; 0: none came
	Code   string        // the API's, if it gave one
	After  time.Duration // until another call makes sense; 0 if unknown
	Kind   error         // one of the above
	Cause  error         // below HTTP; mostly nil
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "civicpress: %s: %v", e.Op, e.Kind)
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

// noAnswer reports whether the API itself may be down, as opposed to one call having failed.
func (e *Error) noAnswer() bool {
	return e.Kind == ErrUnavailable && (e.Status == 0 || e.Status >= 502)
}
