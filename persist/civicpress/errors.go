package civicpress

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// What calls can fail with, besides a context's error. All but ErrConfig and ErrChanged come in an *Error.
var (
	ErrConfig       = errors.New("configuration is wrong")
	ErrUnauthorized = errors.New("not a live session")                 // token missing, malformed, not signed by CivicPress, expired or revoked
	ErrForbidden    = errors.New("not permitted")                      // the session is good, the person may not
	ErrNotFound     = errors.New("no such record")                     // for this person: CivicPress does not tell what it hides
	ErrGone         = errors.New("it is not there for an editor")      // the Cause of an ErrNotFound that hides nothing
	ErrNoSnapshot   = errors.New("no snapshot of the record")          // the API keeps them, but has none of this record
	ErrUnsupported  = errors.New("the API has no such route")          // as opposed to: no such record
	ErrRateLimited  = errors.New("too many calls")                     // Error.After says when to come again
	ErrUnavailable  = errors.New("the API does not answer")            // network, timeout, 5xx, or the breaker is open
	ErrRejected     = errors.New("the API rejects the call")           // a 4xx that is none of the above
	ErrTooLarge     = errors.New("larger than the limit")              // a body, ours or theirs
	ErrAnswer       = errors.New("the API's answer is not understood") // neither data nor an error of a known form
	ErrChanged      = errors.New("the record has changed meanwhile")   // in a *ChangedError
)

// Error says which call failed, and how. It contains no token and no text of records.
type Error struct {
	Op     string        // what was tried
	Status int           // of the answer; 0: none came
	Code   string        // the API's, if it gave one
	After  time.Duration // when to come again, if that is known; always with ErrRateLimited
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

// Unwrap makes errors.Is find both.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Kind}
	}
	return []error{e.Kind, e.Cause}
}

// noAnswer says that the API, as opposed to somebody before it, may not be there.
func (e *Error) noAnswer() bool {
	return e.Kind == ErrUnavailable && (e.Status == 0 || e.Status >= 502)
}
