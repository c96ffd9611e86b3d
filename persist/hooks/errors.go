package hooks

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Errors of calls, beside those of a context. All but ErrConfig are the Kind of an *Error.
var (
	ErrConfig = errors.New("configuration is wrong")
	// ErrUnauthorized: the token is missing, malformed, expired or not known.
	ErrUnauthorized = errors.New("not a valid token")
	// ErrForbidden: the bearer of the token may not open the room.
	ErrForbidden = errors.New("not permitted")
	// ErrNotFound: there is no such document.
	ErrNotFound = errors.New("no such document")
	// ErrGone: the document was deleted for good.
	ErrGone = errors.New("the document was deleted")
	// ErrConflict: the document is not in the state that a content is based on.
	ErrConflict = errors.New("the document has changed meanwhile")
	// ErrRateLimited: Error.After is the time until another call makes sense.
	ErrRateLimited = errors.New("too many calls")
	// ErrUnavailable: a failure of the network, a timeout, a 5xx, or the breaker is open.
	ErrUnavailable = errors.New("the hook does not answer")
	// ErrRejected: a 4xx that is none of the above, or that is no answer of the receiver's own.
	ErrRejected = errors.New("the hook rejects the call")
	// ErrTooLarge: the body of the request or of the answer is larger than Config.MaxBody.
	ErrTooLarge = errors.New("larger than the limit")
	// ErrAnswer: the answer is not of the form that docs/hooks.md describes.
	ErrAnswer = errors.New("the hook's answer is not understood")
)

// Error is the failure of a call. It contains no token and no content of a document.
type Error struct {
	Hook   string        // that was called
	Status int           // of the answer; 0: none came
	Reason string        // for the client, of a refusal; not in the text of the error
	After  time.Duration // until another call makes sense; 0 if unknown
	Kind   error         // one of the above
	Cause  error         // below HTTP; mostly nil
}

func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "hooks.%s: %v", e.Hook, e.Kind)
	if e.Status != 0 {
		fmt.Fprintf(&b, " (%d)", e.Status)
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

// noAnswer reports whether the receiver itself may be down, as opposed to one call having failed.
func (e *Error) noAnswer() bool {
	return e.Kind == ErrUnavailable && (e.Status == 0 || e.Status >= 502)
}
