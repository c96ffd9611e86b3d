package transport

import (
	"encoding/base64"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"

	"github.com/civicpress/civic-realtime/transport/limit"
)

var errDisabled = &engine.CloseError{Code: engine.CloseUnavailable, Reason: "realtime is disabled"}

// upgrade turns a request into a connection. A client that is refused gets a connection, too:
// browsers see the code of a close frame, but not the status of a failed handshake.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, rest string) {
	if wrong := checkUpgrade(r); wrong != nil {
		limit.AnswersHTTP(r)
		wrong.answer(w)
		return
	}
	ip, ok := s.admit(w, r)
	if !ok {
		return
	}
	offered := offers(r.Header)
	request := joinRequest{path: rest, token: auth.FromRequest(r, offered)}
	if request.room, request.err = roomKey(rest); s.cfg.Disabled {
		request.err = errDisabled
	}
	c, err := s.accept(w, r, offered)
	if err != nil {
		s.log.Debug("handshake failed", slog.String("remote", r.RemoteAddr), slog.String("reason", err.Error()))
		return
	}
	c.clientAddr = ip
	if !s.conns.add(c) {
		c.sock.Close()
		return
	}
	if request.err == nil {
		request.err = c.takeSlot(r, ip)
	}
	c.begin(request)
}

// takeSlot counts the connection until its end. It fails if there are too many, or the page's
// origin is not allowed.
func (c *conn) takeSlot(r *http.Request, ip netip.Addr) (err error) {
	if err := c.server.checkOrigin(r.Header); err != nil {
		return err
	}
	c.counted, err = c.server.connLimits.Take(ip)
	return err
}

// accept takes the connection over from net/http and lets gws answer the handshake.
func (s *Server) accept(w http.ResponseWriter, r *http.Request, offered []string) (*conn, error) {
	tcp, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	if h, ok := tcp.(*limit.Handshake); ok {
		tcp = h.Conn
	}
	r.Header.Set("Connection", "Upgrade") // of a list in several lines gws reads the first
	r.Header.Set("Upgrade", "websocket")  // and of this no list
	subprotocol, protocol := choose(offered)
	r.Header.Set(protocolHeader, subprotocol) // gws' choice
	if _, err = s.upgrader(subprotocol).UpgradeFromConn(tcp, nil, r); err != nil {
		return nil, err
	}
	s.counters.accepted.Inc()
	early, _ := buffered.Peek(buffered.Reader.Buffered())
	return newConn(&s.services, &s.conns, tcp, early, protocol), nil
}

// upgrader returns an Upgrader that answers with a subprotocol, if it is not empty. It serves one
// handshake: gws chooses from a list that is fixed with the Upgrader, and ours may be a token.
func (s *Server) upgrader(subprotocol string) *gws.Upgrader {
	o := gws.ServerOption{
		HandshakeTimeout: s.cfg.HandshakeTimeout,
		NewSession:       func() gws.SessionStorage { return nil },
	}
	if subprotocol != "" {
		o.SubProtocols = []string{subprotocol}
	}
	return gws.NewUpgrader(gws.BuiltinEventHandler{}, &o)
}

// handshakeError is the answer to a request that is no opening handshake of RFC 6455, 4.2.1.
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

// lists reports whether a header lists a token. Several lines make one list.
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

var errOrigin = &engine.CloseError{Code: engine.CloseForbidden, Reason: "origin not allowed"}

// checkOrigin refuses pages of others, which a browser would let act in the name of our users.
func (s *services) checkOrigin(h http.Header) error {
	if auth.Allowed(s.cfg.AllowedOrigins, h) {
		return nil
	}
	s.counters.originsRefused.Inc()
	return errOrigin
}
