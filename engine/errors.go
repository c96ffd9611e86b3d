package engine

import (
	"errors"
	"fmt"
)

// Close codes, 4000 to 4999 being the application's. docs/protocol.md lists the situations.
const (
	CloseAuthFailed      = 4001 // token missing, invalid, expired or revoked
	CloseForbidden       = 4003 // no permission, or kicked
	CloseRoomNotFound    = 4004 // no such record or kind of room
	CloseRateLimited     = 4013 // more messages than allowed, for too long
	CloseTooMany         = 4029 // more connections than allowed
	CloseInvalidMessages = 4400 // malformed messages, repeatedly
	CloseInternal        = 4500 // a failure of ours
	CloseUnavailable     = 4503 // restarting, or realtime is off
)

// ErrDraining refuses joins while the engine shuts down. It is a *CloseError.
var ErrDraining error = restarting

var restarting = &CloseError{Code: CloseUnavailable, Reason: "restarting"}

// What makes a stored room unreadable, or a message refused beyond what codec finds.
var (
	ErrRow            = errors.New("journal row is of an unknown form")
	ErrIncomplete     = errors.New("stored updates refer to updates that are not stored")
	ErrAwarenessCount = errors.New("awareness message names too many clients")
	ErrAwarenessState = errors.New("awareness state too long")
	ErrAwarenessClock = errors.New("awareness clock too far ahead")
	ErrUnexpected     = errors.New("message is not for a server")
)

// ErrReadOnly refuses a well-formed update of a peer that may not write.
var ErrReadOnly = errors.New("read-only")

// CloseError says that a connection must be closed, and what to tell the client.
type CloseError struct {
	Code   int
	Reason string // for the client; at most 123 bytes
	Err    error  // the cause, for the log; may be nil
}

func (e *CloseError) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("close %d: %s", e.Code, e.Reason)
	}
	return fmt.Sprintf("close %d: %s: %v", e.Code, e.Reason, e.Err)
}

func (e *CloseError) Unwrap() error { return e.Err }
