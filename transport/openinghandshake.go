package transport

import (
	"encoding/base64"
	"net/http"
	"strings"
)

// handshakeError is how a request is answered that is no opening handshake of RFC 6455, 4.2.1.
type handshakeError struct {
	status        int
	reason        string
	header, value string // of the answer; empty: none
}

var (
	notGet       = &handshakeError{status: http.StatusMethodNotAllowed, reason: "a WebSocket is opened with GET", header: "Allow", value: "GET"}
	notWebSocket = &handshakeError{status: http.StatusUpgradeRequired, reason: "this is a WebSocket", header: "Upgrade", value: "websocket"}
	otherVersion = &handshakeError{status: http.StatusUpgradeRequired, reason: "this is a WebSocket of version 13", header: "Sec-WebSocket-Version", value: "13"}
	twoVersions  = &handshakeError{status: http.StatusBadRequest, reason: "Sec-WebSocket-Version must be there once"}
	oldHTTP      = &handshakeError{status: http.StatusHTTPVersionNotSupported, reason: "a WebSocket needs HTTP/1.1"}
	badKey       = &handshakeError{status: http.StatusBadRequest, reason: "Sec-WebSocket-Key must be there once, and be 16 bytes in base64"}
	hasBody      = &handshakeError{status: http.StatusBadRequest, reason: "the request for a WebSocket must have no body"}
)

// checkUpgrade returns nil for an opening handshake.
func checkUpgrade(r *http.Request) *handshakeError {
	versions := r.Header.Values("Sec-WebSocket-Version")
	switch {
	case r.Method != http.MethodGet:
		return notGet
	case !lists(r.Header, "Upgrade", "websocket"), !lists(r.Header, "Connection", "upgrade"):
		return notWebSocket
	case !r.ProtoAtLeast(1, 1):
		return oldHTTP
	case len(versions) > 1:
		return twoVersions
	case len(versions) == 0, versions[0] != "13":
		return otherVersion
	case !validKey(r.Header.Values("Sec-WebSocket-Key")):
		return badKey
	case r.ContentLength != 0, len(r.TransferEncoding) > 0:
		return hasBody
	}
	return nil
}

// lists says whether token is in a header, whose lines are one list together.
func lists(h http.Header, name, token string) bool {
	for _, line := range h.Values(name) {
		for item := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(item), token) {
				return true
			}
		}
	}
	return false
}

func validKey(lines []string) bool {
	if len(lines) != 1 {
		return false
	}
	nonce, err := base64.StdEncoding.DecodeString(lines[0])
	return err == nil && len(nonce) == 16
}

func (b *handshakeError) answer(w http.ResponseWriter) {
	if b.header != "" {
		w.Header().Set(b.header, b.value)
	}
	http.Error(w, http.StatusText(b.status)+": "+b.reason, b.status)
}
