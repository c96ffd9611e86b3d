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

// Errors of a token whose signature is right. Clients are told their text, which has no value of
// a claim in it.
var (
	errNoUser    = errors.New("token names no user")
	errClaimForm = errors.New("token has a claim of the wrong form")
)

func forbidden(reason string) *engine.CloseError {
	return &engine.CloseError{Code: engine.CloseForbidden, Reason: reason}
}

// refuse returns the answer to a token that is not valid.
func refuse(reason string) error {
	return &engine.CloseError{Code: engine.CloseAuthFailed, Reason: reason}
}
