package transport

import (
	"log/slog"
	"net/http"
	"net/netip"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/auth"

	"github.com/civicpress/civic-realtime/transport/limit"
)

var errDisabled = &engine.CloseError{Code: engine.CloseUnavailable, Reason: "realtime is disabled"}

// visit is what a client asks for.
type visit struct {
	path  string      // below Config.Path, as the client has sent it
	room  roomkey.Key // zero if the path is of none
	token string
	err   error // why it is refused already, a *engine.CloseError; or nil
}

// client identifies a client at ip that makes the visit, if it is refused.
func (v visit) client(ip netip.Addr) limit.Client { return limit.RefusedClient(v.token, v.path, ip) }

// upgrade turns a request into a connection. A client that is refused is upgraded
// all the same: browsers see the code of a close frame, but not the status of a
// failed handshake.
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
	v := visit{path: rest, token: auth.FromRequest(r, offered)}
	if v.room, v.err = roomKey(rest); s.cfg.Disabled {
		v.err = errDisabled
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
	if v.err == nil {
		v.err = c.takeSlot(r, ip)
	}
	c.begin(v)
}

// takeSlot counts the connection until its end, or says why there is no room for it.
func (c *conn) takeSlot(r *http.Request, ip netip.Addr) (err error) {
	if err := c.server.checkOrigin(r.Header); err != nil {
		return err
	}
	c.counted, err = c.server.connLimits.Take(ip)
	return err
}

// accept takes the connection out of net/http's hands and has gws answer the handshake.
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
