package engine

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// CloseCode says why a connection is closed. The WebSocket close code that a client gets for it is
// the transport's to choose, as there are several sets of them; docs/protocol.md lists the
// situations. A value from 1000 on is a WebSocket close code itself.
type CloseCode int

const (
	CloseAuthFailed    CloseCode = iota + 1 // token missing, invalid or expired; session revoked
	CloseExpired                            // the token has ended while connected; a fresh one may follow
	CloseForbidden                          // no permission, or kicked
	CloseUnpublished                        // changes that the person may not see, as long as they are not published
	CloseRoomNotFound                       // no such record or kind of room
	CloseRateLimited                        // more messages than allowed, for too long
	CloseTooMany                            // more connections than allowed
	CloseInternal                           // a failure of ours
	CloseInvalidUpdate                      // an update that Yjs could not read
	CloseUnavailable                        // restarting, or realtime is off
)

// ErrDraining refuses joins while the engine shuts down. It is a *CloseError.
var ErrDraining error = restarting

var (
	restarting = &CloseError{Code: CloseUnavailable, Reason: "restarting", ErrorCode: protocol.CodeRestarting}

	errRoomFull = &CloseError{Code: CloseTooMany, Reason: "too many connections to this record"}
	errMaxRooms = &CloseError{Code: CloseTooMany, Reason: "too many records are open"}
)

// ErrMessages refuses the rest of a payload with more than maxMessages messages.
var ErrMessages = errors.New("too many messages in a frame")

// Denial refuses an update, for what its sender may do or for its size. The connection stays.
type Denial struct {
	Code   string // protocol.Code…
	Reason string // for the client
}

func (d *Denial) Error() string { return d.Reason }

// Why an update is refused.
var (
	ErrReadOnly         = &Denial{protocol.CodePermissionDenied, "read-only"}
	ErrLocked           = &Denial{protocol.CodeRoomLocked, "record is locked"}
	ErrEditingOff       = &Denial{protocol.CodePermissionDenied, "collaborative editing is switched off"}
	ErrMessageTooLarge  = &Denial{protocol.CodeMessageTooLarge, "message too large"}
	ErrDocumentTooLarge = &Denial{protocol.CodeDocumentTooLarge, "document too large"}

	// ErrPresenceSize refuses what a peer says of its presence. It is notified once.
	ErrPresenceSize = &Denial{protocol.CodeMessageTooLarge, "what you say of your presence is too large: others do not see it"}

	errMissing       = &Denial{protocol.CodeVersionMismatch, "something is missing here that this refers to"}
	errInvalidUpdate = &Denial{protocol.CodeInvalidUpdate, "invalid update"} // its peer is notified what is wrong with it
)

// CloseError says that a connection must be closed, and what to tell the client.
type CloseError struct {
	Code      CloseCode
	Reason    string // for the client; at most 123 bytes
	ErrorCode string // protocol.Code…, for the client; by default what fits Code
	Err       error  // the cause, for the log; may be nil
}

// errorCodes are the usual ones.
var errorCodes = map[CloseCode]string{
	CloseAuthFailed:    protocol.CodeAuthFailed,
	CloseExpired:       protocol.CodeAuthFailed,
	CloseForbidden:     protocol.CodePermissionDenied,
	CloseUnpublished:   protocol.CodePermissionDenied,
	CloseRoomNotFound:  protocol.CodeRoomNotFound,
	CloseRateLimited:   protocol.CodeRateLimit,
	CloseTooMany:       protocol.CodeConnectionLimit,
	CloseInternal:      protocol.CodeInternal,
	CloseInvalidUpdate: protocol.CodeInvalidUpdate,
	CloseUnavailable:   protocol.CodeDisabled,
}

// LastWords are what to tell the client before its connection is closed, if its
// protocol has a form for it.
func (e *CloseError) LastWords() (words []protocol.Message) {
	code := cmp.Or(e.ErrorCode, errorCodes[e.Code])
	switch code {
	case "":
		return nil
	case protocol.CodeRestarting:
		return []protocol.Message{{Kind: protocol.Notice, Code: protocol.Info, Text: e.Reason}}
	case protocol.CodeSessionRevoked:
		words = append(words, protocol.Message{Kind: protocol.Revoked, Text: e.Reason})
	}
	return append(words, protocol.Message{Kind: protocol.Failure, Code: code, Text: e.Reason})
}

func (e *CloseError) Error() string {
	if e.Err == nil {
		return e.Reason
	}
	return fmt.Sprintf("%s: %v", e.Reason, e.Err)
}

func (e *CloseError) Unwrap() error { return e.Err }

var errJournalStands = errors.New("journal stands still; updates wait")

// conflict is why the versions of a peer and of its room do not match. Native peers are sent
// it with VERSION_MISMATCH.
type conflict uint8

const (
	noConflict   conflict = iota
	lacksUpdate           // an update refers to something that the room lacks
	versionAhead          // the version that the peer says it has seen is above the room's
	conflictKinds
)

// conflictNames are labels of metrics, and values in the log.
var conflictNames = [conflictKinds]string{lacksUpdate: "missing", versionAhead: "ahead"}

// errHeld says that a message has to wait for the room's lock, or takes long.
var errHeld = errors.New("room is busy")
