package protocol

// The codes of a Failure, for programs. docs/protocol.md lists when each is sent.
const (
	CodeAuthFailed       = "AUTH_FAILED"
	CodeSessionRevoked   = "SESSION_REVOKED"
	CodePermissionDenied = "PERMISSION_DENIED"
	CodeRoomNotFound     = "ROOM_NOT_FOUND"
	CodeDeleted          = "ROOM_DELETED"
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

// deniesPermission reports whether a Failure with this code is a permission denied in y-websocket.
func deniesPermission(code string) bool {
	switch code {
	case CodeAuthFailed, CodeSessionRevoked, CodePermissionDenied, CodeRoomLocked,
		CodeInvalidUpdate, CodeVersionMismatch, CodeMessageTooLarge, CodeDocumentTooLarge,
		CodeKicked:
		return true
	}
	return false
}
