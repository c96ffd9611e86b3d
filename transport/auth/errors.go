package auth

import (
	"errors"

	"github.com/civicpress/civic-realtime/engine"
)

// Refusals of a session by a Policy.
var (
	errNoAccess = forbidden("no access to this record")
	errNoRole   = forbidden("no role that may take part")
	errViewer   = forbidden("no permission to edit this record")
)

// Errors of a token whose signature is right. Their text is sent to clients, and contains no value
// of a claim.
var (
	errNoUser    = errors.New("token names no user")
	errClaimForm = errors.New("token has a claim of the wrong form")
	errMaxAge    = errors.New("token is valid for too long: ask for one that expires sooner")
)

func forbidden(reason string) *engine.CloseError {
	return &engine.CloseError{Code: engine.CloseForbidden, Reason: reason}
}

// refuse returns the error by which a token that is not valid is refused.
func refuse(reason string) error {
	return &engine.CloseError{Code: engine.CloseAuthFailed, Reason: reason}
}
