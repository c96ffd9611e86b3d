package transport

import (
	"encoding/base64"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// joinRequest has the contents of a handshake: the room that a client asks for, and its token.
type joinRequest struct {
	path  string      // below Config.Path, as the client has sent it
	room  roomkey.Key // zero if the path names none
	token string
	user  string     // id of the token's bearer, once it is known
	known *admission // nil: the token is not checked yet
	err   error      // the *engine.CloseError that refuses it; nil: not refused so far
}

// admission is the result of checking the token of a joinRequest.
type admission struct {
	session  auth.Session
	identity engine.Identity // in the room
	err      error           // why the client is refused; nil: it is not
}

// client identifies the client, at address ip, for limit.Repeats.
func (r joinRequest) client(ip netip.Addr) limit.Client {
	return limit.RefusedClient(r.token, r.path, ip)
}

var (
	errKind   = &engine.CloseError{Code: engine.CloseRoomNotFound, Reason: "no such kind of room"}
	errOrigin = &engine.CloseError{Code: engine.CloseForbidden, Reason: "origin not allowed"}
	errNoTLS  = &engine.CloseError{Code: engine.CloseForbidden, Reason: "TLS is required: use wss://"}
	errID     = &engine.CloseError{Code: engine.CloseRoomNotFound, Reason: "not a record id"}
)

// trimPrefix returns the path below prefix, and whether path is below it. A prefix that comes twice
// counts once: CivicPress has shipped such configurations.
func trimPrefix(prefix, path string) (rest string, ok bool) {
	rest, ok = strings.CutPrefix(path, prefix)
	if !ok || rest != "" && rest[0] != '/' {
		return "", false
	}
	if again, ok := strings.CutPrefix(rest, prefix+"/"); ok {
		return again, true
	}
	return strings.TrimPrefix(rest, "/"), true
}

// roomKey returns the key of the room that a path below Config.Path names: "<kind>/<id>" with the
// id percent-encoded. Its error is a *engine.CloseError.
//
// A slash within an id, encoded or not, is refused: proxies disagree on whether the two are the
// same, so one room for some would be two for others.
func roomKey(rest string) (roomkey.Key, error) {
	segment, escaped, _ := strings.Cut(rest, "/")
	kind, ok := roomkey.OfSegment(segment)
	if !ok {
		return roomkey.Key{}, errKind
	}
	id, err := url.PathUnescape(escaped)
	if err != nil {
		return roomkey.Key{}, errID
	}
	key, err := roomkey.New(kind, id)
	if err != nil {
		return roomkey.Key{}, errID
	}
	return key, nil
}

// protocols are the protocols that clients may speak.
var protocols = [...]protocol.Protocol{
	protocol.JSON{}, protocol.MsgPack{}, protocol.YWebsocket{}, protocol.Hocuspocus{},
}

// Protocols that are spoken if no subprotocol was agreed on, by the type of the messages.
var (
	textProtocol   = &protocols[0]
	binaryProtocol = &protocols[2]
)

// documentProtocol is spoken on Config.DocumentPath, and nowhere else.
var documentProtocol = &protocols[3]

func protocolNamed(name string) *protocol.Protocol {
	for i := range protocols {
		if protocols[i].Name() == name && &protocols[i] != documentProtocol {
			return &protocols[i]
		}
	}
	return nil
}

const protocolHeader = "Sec-WebSocket-Protocol"

// offers returns the subprotocols that a client offers, in the client's order.
func offers(h http.Header) (protocols []string) {
	for _, line := range h.Values(protocolHeader) {
		for p := range strings.SplitSeq(line, ",") {
			protocols = append(protocols, strings.TrimSpace(p))
		}
	}
	return protocols
}

// choose returns the subprotocol of the server's answer, empty for none, and the protocol that is
// spoken, nil if the first message decides. A browser fails a handshake whose answer names none of
// the offered subprotocols. So a client that offers only its token gets the token back, and speaks
// y-websocket.
func choose(offered []string) (subprotocol string, spoken *protocol.Protocol) {
	token := ""
	for _, name := range offered {
		if p := protocolNamed(name); p != nil {
			return name, p
		}
		if _, ok := auth.FromSubprotocol(name); ok && token == "" {
			token = name
		}
	}
	if token != "" {
		return token, binaryProtocol
	}
	return "", nil
}

// handshakeError is the answer to a request that is not an opening handshake of RFC 6455, 4.2.1.
type handshakeError struct {
	status        int
	reason        string
	header, value string // of the answer; empty: none
}

var (
	notGet = &handshakeError{http.StatusMethodNotAllowed,
		"a WebSocket is opened with GET", "Allow", "GET"}
	notWebSocket = &handshakeError{http.StatusUpgradeRequired,
		"this is a WebSocket", "Upgrade", "websocket"}
	otherVersion = &handshakeError{http.StatusUpgradeRequired,
		"this is a WebSocket of version 13", "Sec-WebSocket-Version", "13"}
	twoVersions = &handshakeError{http.StatusBadRequest,
		"Sec-WebSocket-Version must be there once", "", ""}
	oldHTTP = &handshakeError{http.StatusHTTPVersionNotSupported,
		"a WebSocket needs HTTP/1.1", "", ""}
	badKey = &handshakeError{http.StatusBadRequest,
		"Sec-WebSocket-Key must be there once, and be 16 bytes in base64", "", ""}
	hasBody = &handshakeError{http.StatusBadRequest,
		"the request for a WebSocket must have no body", "", ""}
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

// lists reports whether a header lists a token. Several header lines make one list.
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
