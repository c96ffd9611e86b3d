package hooks

import (
	"errors"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// Error is the failure of a call. It contains no token and no content of a document.
type Error = httpcall.Error

// Errors of calls, beside those of a context. All but ErrConfig are the Kind of an *Error.
var (
	ErrConfig = httpcall.ErrConfig
	// ErrUnauthorized: the token is missing, malformed, expired or not known.
	ErrUnauthorized = httpcall.ErrUnauthorized
	// ErrForbidden: the bearer of the token may not open the room.
	ErrForbidden = httpcall.ErrForbidden
	// ErrNotFound: there is no such document.
	ErrNotFound = httpcall.ErrNotFound
	// ErrGone: the document was deleted for good.
	ErrGone = errors.New("the document was deleted")
	// ErrConflict: the document is not in the state that a content is based on.
	ErrConflict    = errors.New("the document has changed meanwhile")
	ErrRateLimited = httpcall.ErrRateLimited
	ErrUnavailable = httpcall.ErrUnavailable
	// ErrRejected: a 4xx that is none of the above, or that is no answer of the receiver's own.
	ErrRejected = httpcall.ErrRejected
	// ErrTooLarge: the body of the request or of the answer is larger than Config.MaxBody.
	ErrTooLarge = httpcall.ErrTooLarge
	// ErrAnswer: the answer is not of the form that docs/hooks.md describes.
	ErrAnswer = httpcall.ErrAnswer
)

// refuses reports whether an error is an answer about the token, and not a failure.
func refuses(err error) bool {
	return errors.Is(err, ErrUnauthorized) || errors.Is(err, ErrForbidden) ||
		errors.Is(err, ErrNotFound) || errors.Is(err, ErrGone)
}
