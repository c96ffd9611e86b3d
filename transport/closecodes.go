package transport

import (
	"fmt"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
)

// CloseCodes is a set of WebSocket close codes.
type CloseCodes int

const (
	// StandardCloseCodes are 4400 to 4499 for clients that must not reconnect, as y-websocket from
	// 3.1 on understands, and 4500 to 4599 for those that may.
	StandardCloseCodes CloseCodes = iota
	// CivicPressCloseCodes are the codes that the user interface of CivicPress explains.
	CivicPressCloseCodes
	closeCodeSets
)

// Close codes of RFC 6455, 7.4.1.
const (
	closeGoingAway     engine.CloseCode = 1001
	closeProtocolError engine.CloseCode = 1002
	closeNormal                         = 1000
	closeNoStatus                       = 1005 // stands for a close frame without a code
	closeAbnormal                       = 1006 // stands for no close frame
	closeInvalidText   engine.CloseCode = 1007
	closeTooLarge      engine.CloseCode = 1009
)

// Close codes of the application that are the same in all sets.
const (
	closeOtherProtocol engine.CloseCode = 4400 // the client speaks none of our protocols
	closeTooSlow       engine.CloseCode = 4508 // a message comes too slowly

	closeReset            engine.CloseCode = 4205 // more documents, or more of them, than is kept
	closeNotAuthenticated engine.CloseCode = 4408 // no document was opened in time
)

// sameInAllSets are the close codes above that servers send of themselves.
var sameInAllSets = []engine.CloseCode{closeGoingAway, closeProtocolError, closeInvalidText,
	closeTooLarge, closeOtherProtocol, closeTooSlow, closeReset, closeNotAuthenticated}

// closeCodes has the close codes that differ between the sets. docs/protocol.md has the same table.
var closeCodes = map[engine.CloseCode][closeCodeSets]int{
	engine.CloseAuthFailed:    {StandardCloseCodes: 4401, CivicPressCloseCodes: 4001},
	engine.CloseExpired:       {StandardCloseCodes: 4501, CivicPressCloseCodes: 4001},
	engine.CloseForbidden:     {StandardCloseCodes: 4403, CivicPressCloseCodes: 4003},
	engine.CloseUnpublished:   {StandardCloseCodes: 4503, CivicPressCloseCodes: 4003},
	engine.CloseRoomNotFound:  {StandardCloseCodes: 4404, CivicPressCloseCodes: 4004},
	engine.CloseDeleted:       {StandardCloseCodes: 4410, CivicPressCloseCodes: 4004},
	engine.CloseRateLimited:   {StandardCloseCodes: 4513, CivicPressCloseCodes: 4013},
	engine.CloseTooMany:       {StandardCloseCodes: 4529, CivicPressCloseCodes: 4029},
	engine.CloseInternal:      {StandardCloseCodes: 4500, CivicPressCloseCodes: 4500},
	engine.CloseUnavailable:   {StandardCloseCodes: 4503, CivicPressCloseCodes: 4503},
	engine.CloseInvalidUpdate: {StandardCloseCodes: 4522, CivicPressCloseCodes: 4522},
}

// code returns the WebSocket close code for an engine's.
func (set CloseCodes) code(why engine.CloseCode) int {
	if codes, ok := closeCodes[why]; ok {
		return codes[set]
	}
	return int(why)
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (set *CloseCodes) UnmarshalText(name []byte) error {
	switch string(name) {
	case "standard":
		*set = StandardCloseCodes
	case "civicpress":
		*set = CivicPressCloseCodes
	default:
		return fmt.Errorf("%q is none of standard, civicpress", name)
	}
	return nil
}

// endReason is the reason for which a connection ended: that of its first close. It is a label of a
// metric, and the set is closed.
type endReason int32

const (
	connectionLost endReason = iota // no close frame was sent or received
	clientClosed                    // the client sent one first
	clientStalled                   // the client took nothing
	nothingReceived
	authFailed
	sessionExpired
	sessionRevoked
	permissionDenied
	unpublished
	kicked
	roomNotFound
	deleted
	rateLimited
	tooManyConnections
	invalidUpdate
	otherProtocol
	protocolError
	invalidText
	messageTooLarge
	messageTooSlow
	documentLimits
	notAuthenticated
	restarting
	unavailable
	internalError
	otherReason
	endReasons
)

var endReasonNames = [endReasons]string{"connection_lost", "client_closed", "client_stalled",
	"nothing_received", "auth_failed", "session_expired", "session_revoked", "permission_denied",
	"unpublished", "kicked", "room_not_found", "deleted", "rate_limited", "too_many_connections",
	"invalid_update", "other_protocol", "protocol_error", "invalid_text", "message_too_large",
	"message_too_slow", "document_limits", "not_authenticated", "restarting", "unavailable",
	"internal_error", "other"}

// reasonsByError are the reasons that their error codes tell from others of the same close code.
var reasonsByError = map[string]endReason{
	protocol.CodeSessionRevoked: sessionRevoked,
	protocol.CodeKicked:         kicked,
	protocol.CodeRestarting:     restarting,
}

var reasonsByCode = map[engine.CloseCode]endReason{
	engine.CloseAuthFailed:    authFailed,
	engine.CloseExpired:       sessionExpired,
	engine.CloseForbidden:     permissionDenied,
	engine.CloseUnpublished:   unpublished,
	engine.CloseRoomNotFound:  roomNotFound,
	engine.CloseDeleted:       deleted,
	engine.CloseRateLimited:   rateLimited,
	engine.CloseTooMany:       tooManyConnections,
	engine.CloseInternal:      internalError,
	engine.CloseInvalidUpdate: invalidUpdate,
	engine.CloseUnavailable:   unavailable,
	closeProtocolError:        protocolError,
	closeInvalidText:          invalidText,
	closeTooLarge:             messageTooLarge,
	closeOtherProtocol:        otherProtocol,
	closeTooSlow:              messageTooSlow,
	closeReset:                documentLimits,
	closeNotAuthenticated:     notAuthenticated,
}

var (
	errMoved = &engine.CloseError{Code: engine.CloseUnavailable,
		Reason: "another server has the room, try again", ErrorCode: protocol.CodeRestarting}
	errNoOwner = &engine.CloseError{Code: engine.CloseUnavailable,
		Reason:    "the server of the room does not answer, try again",
		ErrorCode: protocol.CodeInternal}
)

var errRestarting = engine.ErrDraining.(*engine.CloseError)

var (
	errReaped = &engine.CloseError{Code: closeGoingAway, Reason: "nothing received"}
	// errLeft is the reason for refusing a client that leaves before it has joined its room.
	errLeft = &engine.CloseError{Code: closeGoingAway, Reason: "client has left"}
)

// reasonOf returns the reason of a close by the server.
func reasonOf(why *engine.CloseError) endReason {
	switch why {
	case errReaped:
		return nothingReceived
	case errLeft:
		return clientClosed
	}
	if reason, ok := reasonsByError[why.ErrorCode]; ok {
		return reason
	}
	if reason, ok := reasonsByCode[why.Code]; ok {
		return reason
	}
	return otherReason
}
