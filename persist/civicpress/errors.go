package civicpress

import (
	"errors"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// Error is the failure of a call. It contains no token and no text of a record.
type Error = httpcall.Error

// Errors of calls, beside those of a context. All but ErrConfig and ErrChanged are the Kind of an
// *Error.
var (
	ErrConfig = httpcall.ErrConfig
	// ErrUnauthorized: the token is missing, malformed, not CivicPress', expired or revoked.
	ErrUnauthorized = httpcall.ErrUnauthorized
	// ErrForbidden: the session is valid, and the user has no right to do that.
	ErrForbidden = httpcall.ErrForbidden
	// ErrNotFound: there is no such record, or it is hidden from this user; CivicPress' answer is
	// the same.
	ErrNotFound = httpcall.ErrNotFound
	// ErrGone is the Cause of an ErrNotFound if the user is an editor, from whom no record is
	// hidden.
	ErrGone = errors.New("it is not there for an editor")
	// ErrNoSnapshot: the API keeps snapshots, but has none of this record.
	ErrNoSnapshot  = errors.New("no snapshot of the record")
	ErrUnsupported = errors.New("the API has no such route")
	ErrRateLimited = httpcall.ErrRateLimited
	ErrUnavailable = httpcall.ErrUnavailable
	ErrRejected    = httpcall.ErrRejected
	// ErrTooLarge: the body of the request or of the answer is larger than Config.MaxBody.
	ErrTooLarge = httpcall.ErrTooLarge
	// ErrAnswer: the answer is neither data nor an error of a known form.
	ErrAnswer = httpcall.ErrAnswer
	// ErrChanged: the record is not in the state that a draft is based on; in a *ChangedError.
	ErrChanged = errors.New("the record has changed meanwhile")
)
