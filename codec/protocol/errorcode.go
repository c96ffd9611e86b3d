package protocol

// Codes of a Failure, by which programs tell what went wrong. docs/protocol.md lists the situations.
const (
	CodeAuthFailed       = "AUTH_FAILED"
	CodeSessionRevoked   = "SESSION_REVOKED"
	CodePermissionDenied = "PERMISSION_DENIED"
	CodeRoomNotFound     = "ROOM_NOT_FOUND"
	CodeInvalidMessage   = "INVALID_MESSAGE"
	CodeInvalidUpdate    = "INVALID_UPDATE"
	CodeVersionMismatch  = "VERSION_MISMATCH"
	CodeRoomLocked       = "ROOM_LOCKED"
	CodeMessageTooLarge  = "MESSAGE_TOO_LARGE"
	CodeMessageTimeout   = "MESSAGE_TIMEOUT"
	CodeDocumentTooLarge = "DOCUMENT_TOO_LARGE"
	CodeRateLimit        = "RATE_LIMIT_EXCEEDED"
	CodeConnectionLimit  = "CONNECTION_LIMIT_EXCEEDED"
	CodeDisabled         = "REALTIME_DISABLED"
	CodeKicked           = "KICKED"
	CodeRestarting       = "RESTARTING"
	CodeInternal         = "INTERNAL"
)

// refuses says whether a Failure tells somebody that they may not do what they
// want to, for which y-websocket has a message.
func refuses(code string) bool {
	switch code {
	case CodeAuthFailed, CodeSessionRevoked, CodePermissionDenied, CodeRoomLocked,
		CodeInvalidUpdate, CodeVersionMismatch, CodeMessageTooLarge, CodeDocumentTooLarge, CodeKicked:
		return true
	}
	return false
}
