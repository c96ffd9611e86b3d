package engine

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/protocol"
)

// CloseCode is the reason why a connection is closed. The transport chooses the WebSocket close
// code that its client gets, as there are several sets of them; docs/protocol.md lists the
// situations. A value from 1000 on is a WebSocket close code itself.
type CloseCode int

const (
	CloseAuthFailed    CloseCode = iota + 1 // token missing, invalid or expired; session revoked
	CloseExpired                            // the token has expired; a fresh one may follow
	CloseForbidden                          // no permission, or kicked
	CloseUnpublished                        // changes that the user may not see until published
	CloseRoomNotFound                       // no such record or kind of room
	CloseRateLimited                        // more messages than allowed, for too long
	CloseTooMany                            // more connections than allowed
	CloseInternal                           // a failure of ours
	CloseInvalidUpdate                      // an update that Yjs could not read
	CloseUnavailable                        // restarting, or realtime is off
	CloseDeleted                            // the document was deleted
)

// ErrDraining refuses joins while the engine shuts down. It is a *CloseError.
var ErrDraining error = restarting

var (
	restarting = &CloseError{Code: CloseUnavailable, Reason: "restarting", ErrorCode: protocol.CodeRestarting}

	errRoomFull = &CloseError{Code: CloseTooMany, Reason: "too many connections to this record"}
	errMaxRooms = &CloseError{Code: CloseTooMany, Reason: "too many records are open"}

	// errNoMemory refuses joins of rooms that are not loaded while memory is nearly used up.
	errNoMemory = &CloseError{
		Code: CloseUnavailable, Reason: "the server has no memory for more records at the moment",
		ErrorCode: protocol.CodeRestarting,
	}
)

// Errors about deleted documents.
var (
	ErrDeleted    = errors.New("the document was deleted")
	ErrNotDeleted = errors.New("the document is not deleted")
	ErrOfRecord   = errors.New("the document is the text of a record, and is deleted with that")

	// errDeleted closes the peers of a room that is deleted, and refuses others. It is an
	// ErrDeleted.
	errDeleted = &CloseError{
		Code: CloseDeleted, Reason: "this document was deleted", Err: ErrDeleted,
	}
)

// ErrMessages refuses the rest of a payload with more than maxMessages messages.
var ErrMessages = errors.New("too many messages in a frame")

// Denial is the reason why an update is refused: its sender may not write, or it is too large. The
// connection stays open.
type Denial struct {
	Code   string // protocol.Code…
	Reason string // for the client
}

func (d *Denial) Error() string { return d.Reason }

// The reasons for which updates are refused.
var (
	ErrReadOnly         = &Denial{protocol.CodePermissionDenied, "read-only"}
	ErrLocked           = &Denial{protocol.CodeRoomLocked, "record is locked"}
	ErrEditingOff       = &Denial{protocol.CodePermissionDenied, "collaborative editing is switched off"}
	ErrMessageTooLarge  = &Denial{protocol.CodeMessageTooLarge, "message too large"}
	ErrDocumentTooLarge = &Denial{protocol.CodeDocumentTooLarge, "document too large"}

	// ErrPresenceSize refuses presence that is too large. Its peer is notified once.
	ErrPresenceSize = &Denial{protocol.CodeMessageTooLarge, "what you say of your presence is too large: others do not see it"}

	errMissing = &Denial{protocol.CodeVersionMismatch, "something is missing here that this refers to"}
	// errInvalidUpdate stands for an update that could not be read. Its peer is sent why not.
	errInvalidUpdate = &Denial{protocol.CodeInvalidUpdate, "invalid update"}
)

// CloseError says that a connection must be closed, and has the reason for its client.
type CloseError struct {
	Code      CloseCode
	Reason    string // for the client; at most 123 bytes
	ErrorCode string // protocol.Code…, for the client; by default errorCodes[Code]
	Err       error  // the cause, for the log; may be nil
}

// Names of the limits for which connections are refused.
const (
	LimitConnections = "connections" // of the server, an address or a user
	LimitRooms       = "rooms"       // of the server
	LimitPeers       = "peers"       // of a room
)

// Limit returns the name of the limit for which a connection is refused; empty if there is none.
func (e *CloseError) Limit() string {
	switch {
	case e == errRoomFull:
		return LimitPeers
	case e == errMaxRooms:
		return LimitRooms
	case e.Code == CloseTooMany:
		return LimitConnections
	}
	return ""
}

// Disconnected returns the error with which connections are closed that an administrator ends, and
// whose clients may come back at once. An empty reason stands for a general one.
func Disconnected(reason string) *CloseError {
	if reason == "" {
		reason = "disconnected by an administrator"
	}
	return &CloseError{
		Code: CloseUnavailable, Reason: reason, ErrorCode: protocol.CodeRestarting,
	}
}

// errReloaded closes the peers of a room that is unloaded while they are in it. They come back.
var errReloaded = Disconnected("this record is being reloaded, come back")

// errorCodes are the defaults of CloseError.ErrorCode.
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
	CloseDeleted:       protocol.CodeDeleted,
}

// LastWords returns the messages with the reason that the client is sent before its connection is
// closed, if its protocol has a form for them.
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

// conflict is the reason why the versions of a peer and of its room do not match. Native peers are
// sent it with VERSION_MISMATCH.
type conflict uint8

const (
	noConflict   conflict = iota
	lacksUpdate           // an update refers to something that the room lacks
	versionAhead          // the version that the peer says it has seen is above the room's
	conflictKinds
)

// conflictNames are labels of metrics, and values in the log.
var conflictNames = [conflictKinds]string{lacksUpdate: "missing", versionAhead: "ahead"}

// ErrNoRoom says that a room is neither loaded nor, where that is asked for, stored.
var ErrNoRoom = errors.New("no such room")

// errUnreadable means that the compressed document of a room cannot be read.
var errUnreadable = errors.New("compressed document is damaged in memory")

// errHeld means that work was not done as it has to wait for the room's lock, or takes long.
var errHeld = errors.New("room is busy")
