package transport

import (
	"bytes"
	"log/slog"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
	"github.com/civicpress/civic-realtime/transport/limit"
)

const extensionsHeader = "Sec-WebSocket-Extensions"

var errDisabled = &engine.CloseError{Code: engine.CloseUnavailable, Reason: "realtime is disabled"}

// upgrade turns a request into a connection. A client that is refused gets a connection, too, as
// browsers can see the code of a close frame, but not the status of a failed handshake.
func (s *Server) upgrade(w http.ResponseWriter, r *http.Request, rest string) {
	if wrong := checkUpgrade(r); wrong != nil {
		limit.AnswersHTTP(r)
		if !s.refusesPlain(w, r) {
			wrong.answer(w)
		}
		return
	}
	ip, ok := s.admit(w, r)
	if !ok {
		return
	}
	offered := offers(r.Header)
	request := joinRequest{path: rest, token: auth.FromRequest(r, offered)}
	if request.room, request.err = roomKey(rest); s.cfg().Disabled {
		request.err = errDisabled
	}
	if !s.conns.reserve() {
		s.refuseDraining(w, r, ip)
		return
	}
	c, err := s.accept(w, r, offered)
	if err != nil {
		s.conns.release()
		s.log.Debug("handshake failed",
			slog.String("remote", r.RemoteAddr), slog.String("reason", err.Error()))
		return
	}
	c.clientAddr = ip
	if ends := s.conns.add(c); ends {
		c.Close(errRestarting)
	}
	if request.err == nil {
		request.err = c.takeSlot(r, ip)
	}
	c.begin(request)
}

// takeSlot counts the connection until its end. It fails if there are too many, if the page's
// origin is not allowed, or if the client has come without TLS and must not.
func (c *conn) takeSlot(r *http.Request, ip netip.Addr) (err error) {
	if !c.server.secureEnough(r) {
		return errNoTLS
	}
	if err := c.server.checkOrigin(r.Header); err != nil {
		return err
	}
	c.counted, err = c.server.connLimits.Take(ip)
	return err
}

// accept takes the connection over from net/http and makes gws answer the handshake.
func (s *Server) accept(w http.ResponseWriter, r *http.Request, offered []string) (*conn, error) {
	tcp, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	tcp = limit.Bare(tcp)
	r.Header.Set("Connection", "Upgrade") // gws reads the first line of a list only
	r.Header.Set("Upgrade", "websocket")  // gws reads no list here
	subprotocol, protocol := choose(offered)
	r.Header.Set(protocolHeader, subprotocol) // gws then chooses it
	compression := s.cfg().Compression && websocket.OffersDeflate(r.Header.Values(extensionsHeader))
	to := tcp
	if compression {
		to = agreeing{tcp}
	}
	if _, err = s.upgrader(subprotocol).UpgradeFromConn(to, nil, r); err != nil {
		return nil, err
	}
	s.counters.accepted.Inc()
	early, _ := buffered.Peek(buffered.Reader.Buffered())
	c := newConn(&s.services, tcp, early, protocol)
	c.compression = compression
	return c, nil
}

// agreeing is a connection on which gws writes its answer, and only that: it adds that compression
// is agreed on. If gws itself did so, it would make compressors for each handshake, and it accepts
// the header from nobody else.
type agreeing struct{ net.Conn }

func (a agreeing) Write(answer []byte) (int, error) {
	const end = "\r\n"
	answer = bytes.TrimSuffix(answer, []byte(end))
	line := extensionsHeader + ": " + websocket.AgreedDeflate + end + end
	n, err := a.Conn.Write(append(answer[:len(answer):len(answer)], line...))
	return min(n, len(answer)+len(end)), err
}

// upgrader returns an Upgrader that answers with a subprotocol, if it is not empty. It serves one
// handshake: gws chooses from a list that is fixed for an Upgrader, and ours may contain a token.
func (s *Server) upgrader(subprotocol string) *gws.Upgrader {
	o := gws.ServerOption{
		HandshakeTimeout: s.cfg().HandshakeTimeout,
		NewSession:       func() gws.SessionStorage { return nil },
	}
	if subprotocol != "" {
		o.SubProtocols = []string{subprotocol}
	}
	return gws.NewUpgrader(gws.BuiltinEventHandler{}, &o)
}

// checkOrigin refuses pages of other origins: a browser would let them act in the name of our
// users.
func (s *services) checkOrigin(h http.Header) error {
	if auth.Allowed(s.cfg().AllowedOrigins, h) {
		return nil
	}
	s.counters.originsRefused.Inc()
	return errOrigin
}

// admit returns the address that a client which asks for a WebSocket is counted by, and whether the
// handshake may go on. If not, admit has answered with an HTTP status. That costs less than a
// WebSocket with a close frame, which informs the client better, so the number of those is limited.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (ip netip.Addr, ok bool) {
	ip = s.conf.Load().addresses.Client(r)
	if s.drain.closing.Load() {
		s.refuseDraining(w, r, ip)
		return ip, false
	}
	s.noteHandshake(r.RemoteAddr, ip)
	if s.connLimits.Exceeded(s.conns.size() - s.repeats.Refusals() - s.cfg().Handshakes) {
		s.tryLater(w, r, http.StatusServiceUnavailable, s.cfg().CloseTimeout, ip)
		return ip, false
	}
	if wait := s.handshakeWait(r, ip); wait > 0 {
		s.tryLater(w, r, http.StatusTooManyRequests, wait, ip)
		return ip, false
	}
	return ip, true
}

// handshakeWait returns the time for which a client at ip must wait. A connection that was counted
// by its own address when it was accepted is not counted again.
func (s *Server) handshakeWait(r *http.Request, ip netip.Addr) time.Duration {
	if h := limit.HandshakeOf(r); h != nil && h.Counted {
		return h.Wait
	}
	return s.handshakeRate.Allow(ip)
}

// handshakes returns how many connections are in their handshake.
func (s *Server) handshakes() float64 {
	if l := s.listener.Load(); l != nil {
		return float64(l.Held())
	}
	return 0
}

func (s *Server) tryLater(
	w http.ResponseWriter, r *http.Request, status int, wait time.Duration, ip netip.Addr,
) {
	s.logTryLater(r, slog.LevelWarn, status, ip)
	answerTryLater(w, r, status, wait)
}

// refuseDraining answers a handshake during a shutdown, so that a proxy passes it to another
// server.
func (s *Server) refuseDraining(w http.ResponseWriter, r *http.Request, ip netip.Addr) {
	s.logTryLater(r, slog.LevelInfo, http.StatusServiceUnavailable, ip)
	answerTryLater(w, r, http.StatusServiceUnavailable, s.cfg().CloseTimeout)
}

func answerTryLater(w http.ResponseWriter, r *http.Request, status int, wait time.Duration) {
	limit.AnswersHTTP(r)
	w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(wait.Seconds()))))
	http.Error(w, http.StatusText(status), status)
}

// secureEnough reports whether a request has come over TLS, or need not.
func (s *services) secureEnough(r *http.Request) bool {
	if !s.cfg().RequireTLS || s.conf.Load().addresses.Secure(r) {
		return true
	}
	s.counters.withoutTLS.Inc()
	return false
}

// refusesPlain answers 403 to a request that has come without TLS and must not, and returns false
// for any other. Programs on this machine may always ask for health and readiness.
func (s *Server) refusesPlain(w http.ResponseWriter, r *http.Request) bool {
	isProbe := r.URL.Path == "/healthz" || r.URL.Path == "/readyz"
	if isProbe && limit.FromLoopback(r) || s.secureEnough(r) {
		return false
	}
	client, _, _ := net.SplitHostPort(r.RemoteAddr)
	s.samples.Log(limit.SampleKey{Message: "request without TLS refused", Client: client},
		limit.Event{
			Level: slog.LevelWarn, Code: http.StatusForbidden,
			Attrs: []slog.Attr{slog.String("remote", client)},
		})
	http.Error(w, "TLS is required: use https://", http.StatusForbidden)
	return true
}
