package transport

import (
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"time"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/transport/limit"
	"github.com/civicpress/civic-realtime/transport/suspicious"
)

// remote returns the address of the other end of the connection, which may be a proxy.
func (c *conn) remote() string { return c.peerAddr.String() }

// address returns the address of the client, or of the proxy if the client's is not known.
func (c *conn) address() netip.Addr {
	if c.clientAddr.IsValid() {
		return c.clientAddr
	}
	return c.peerAddr
}

// addresses returns the log attributes remote and, if that is another address, client.
func (c *conn) addresses() []slog.Attr {
	attrs := []slog.Attr{slog.String("remote", c.remote())}
	if c.address() != c.peerAddr {
		attrs = append(attrs, slog.String("client", c.clientAddr.String()))
	}
	return attrs
}

// sampleKey returns the key of an event of the client's.
func (c *conn) sampleKey(event string) limit.SampleKey {
	return limit.SampleKey{Message: event, Client: c.address().String()}
}

// event returns an event about the connection; why may be nil.
func (c *conn) event(kind events.Kind, why *engine.CloseError) events.Event {
	return c.whole().event(kind, why)
}

// event returns an event about the session; why may be nil.
func (s *session) event(kind events.Kind, why *engine.CloseError) events.Event {
	c := s.conn
	e := events.Event{Kind: kind, Connection: s.ConnectionID(), Client: c.address().String()}
	if p := s.peer(); p != nil {
		e.Room, e.User = p.Room().String(), p.User()
	}
	if why != nil {
		e.Code, e.Reason = c.server.closeCode(why), why.Reason
	}
	return e
}

// publish publishes an event about the connection; why may be nil.
func (c *conn) publish(kind events.Kind, subject string, why *engine.CloseError) {
	c.whole().publish(kind, subject, why)
}

// publish publishes an event about the session; why may be nil.
func (s *session) publish(kind events.Kind, subject string, why *engine.CloseError) {
	if hub := s.conn.server.cfg().Events; hub.Active() {
		e := s.event(kind, why)
		e.Subject = subject
		hub.Publish(e)
	}
}

// logRefusal counts that a client is refused, and logs it at most once a minute for each address.
func (c *conn) logRefusal(r joinRequest, why *engine.CloseError) {
	c.server.counters.refused.Inc()
	if hub := c.server.cfg().Events; hub.Active() {
		e := c.event(events.Refused, why)
		e.Room, e.User = r.room.String(), r.user
		e.Subject = why.Limit()
		hub.Publish(e)
	}
	c.server.samples.Log(c.sampleKey("connection refused"), limit.Event{
		Level: severity(why), Code: c.server.closeCode(why),
		Attrs: append(c.addresses(), slog.String("room", r.room.String()),
			slog.String("user", r.user), slog.String("reason", why.Error())),
	})
}

// logTryLater counts that a handshake is refused with an HTTP status, and logs it at most once a
// minute for each address.
func (s *Server) logTryLater(r *http.Request, level slog.Level, status int, ip netip.Addr) {
	s.counters.refused.Inc()
	client, _, _ := net.SplitHostPort(r.RemoteAddr)
	attrs := []slog.Attr{slog.String("remote", client)}
	if ip.IsValid() && ip.String() != client {
		client = ip.String()
		attrs = append(attrs, slog.String("client", client))
	}
	s.cfg().Events.Publish(events.Event{
		Kind: events.Limited, Subject: "handshakes", Client: client,
		Code: status, Reason: http.StatusText(status),
	})
	s.samples.Log(limit.SampleKey{Message: "handshake refused", Client: client},
		limit.Event{Level: level, Code: status, Attrs: attrs})
}

// httpErrors returns the log of net/http and of TLS handshakes.
func (s *Server) httpErrors() limit.HTTPErrors {
	return limit.HTTPErrors{Log: s.log, Samples: s.samples, Failures: s.counters.tlsFailures}
}

// refusedBeforeTLS reports a client that is refused before its TLS handshake, as its address has
// begun too many.
func (s *Server) refusedBeforeTLS(c net.Conn) {
	ip := limit.PeerAddr(c)
	s.counters.refused.Inc()
	s.noteHandshake(ip.String(), ip)
	s.cfg().Events.Publish(events.Event{
		Kind: events.Limited, Subject: "handshakes", Client: ip.String(),
		Reason: "too many handshakes",
	})
	s.httpErrors().OverRate(c)
}

// severity returns the level at which a refusal is logged.
func severity(why *engine.CloseError) slog.Level {
	switch why.Code {
	case engine.CloseAuthFailed, engine.CloseForbidden, engine.CloseTooMany:
		return slog.LevelWarn
	case engine.CloseRoomNotFound, engine.CloseDeleted, engine.CloseUnavailable,
		engine.CloseUnpublished:
		return slog.LevelInfo
	case engine.CloseInternal:
		return slog.LevelError
	}
	return slog.LevelDebug
}

// logClosed logs that the connection is closed for a fault of its client, at most once a minute for
// each address.
func (c *conn) logClosed(why *engine.CloseError) {
	c.publish(events.Closed, "", why)
	c.logMisuse("connection closed", c.server.closeCode(why), slog.String("reason", why.Error()))
}

// logEnded logs that a session is ended for a fault of its client, as logClosed does.
func (s *session) logEnded(why *engine.CloseError) {
	s.publish(events.Closed, "", why)
	s.conn.logMisuse("document closed", s.conn.server.closeCode(why),
		slog.String("reason", why.Error()))
}

// logThrottled logs that the connection is throttled for the first time, at most once a minute for
// each address.
func (c *conn) logThrottled() {
	c.publish(events.Limited, "messages", nil)
	c.logMisuse("rate limit exceeded: throttling", 0)
}

func (c *conn) logMisuse(event string, code int, more ...slog.Attr) {
	c.server.samples.Log(c.sampleKey(event), limit.Event{
		Level: slog.LevelWarn, Code: code,
		Attrs: append(append(c.addresses(), slog.String("user", c.counted.User())), more...),
	})
}

// logJoined logs that the client has joined its room, at most once a minute for each user, or for
// each address of anonymous users.
func (c *conn) logJoined(p peer) {
	c.publishPresence(events.Joined, p, 0)
	c.logPresence("joined", p, limit.Event{})
}

// logLeft logs that the client has left its room, with the time that it was there and the close
// code; 1006 if that is 0, as there was none.
func (c *conn) logLeft(p peer, after time.Duration, code int) {
	if code == 0 {
		code = closeAbnormal
	}
	c.publishPresence(events.Left, p, code)
	c.logPresence("left", p, limit.Event{
		Code: code, Attrs: []slog.Attr{slog.Duration("after", after)},
	})
}

// publishPresence publishes that a peer has joined or left, which may not be in its room any more.
func (c *conn) publishPresence(kind events.Kind, p peer, code int) {
	if hub := c.server.cfg().Events; hub.Active() {
		hub.Publish(events.Event{
			Kind: kind, Room: p.Room().String(), User: p.User(), Client: c.address().String(),
			Connection: c.id, Code: code,
		})
	}
}

func (c *conn) logPresence(event string, p peer, o limit.Event) {
	key := limit.SampleKey{Message: event, Client: p.User(), Room: p.Room().String()}
	if key.Client == "" {
		key.Client = c.address().String()
	}
	o.Level = slog.LevelInfo
	o.Attrs = append(append(c.addresses(), slog.Uint64("peer", p.ID()),
		slog.String("room", key.Room), slog.String("user", p.User())), o.Attrs...)
	c.server.samples.Log(key, o)
}

// suspect is a client that behaves suspiciously, as far as it is known.
type suspect struct {
	ip     netip.Addr // of the client
	remote string     // of the other end, which may be a proxy
	user   string     // id
	room   string
}

// suspect returns the client of the connection, for a user.
func (c *conn) suspect(user, room string) suspect {
	return suspect{ip: c.address(), remote: c.remote(), user: user, room: room}
}

// reportSuspect counts and logs a client that behaves suspiciously. hit is the result of a
// suspicious.Detector: a client is reported once in the window of the pattern.
func (s *services) reportSuspect(hit bool, p suspicious.Pattern, of suspect) {
	if !hit {
		return
	}
	s.counters.suspicious[p].Inc()
	s.cfg().Events.Publish(events.Event{
		Kind: events.Suspicious, Subject: p.String(), Room: of.room, User: of.user,
		Client: of.ip.String(), Count: s.suspicious.Threshold(p),
	})
	attrs := []slog.Attr{
		slog.String("pattern", p.String()), slog.String("remote", of.remote),
		slog.String("client", of.ip.String()), slog.String("user", of.user),
		slog.String("room", of.room), slog.Int("events", s.suspicious.Threshold(p)),
		slog.Duration("within", p.Window()),
	}
	s.samples.Log(limit.SampleKey{Message: "suspicious behaviour",
		Client: p.String() + " " + of.ip.String() + " " + of.user,
	}, limit.Event{Level: slog.LevelWarn, Attrs: attrs})
}

// noteHandshake counts a handshake of a client at ip.
func (s *services) noteHandshake(remote string, ip netip.Addr) {
	hit := s.suspicious.Connection(ip)
	s.reportSuspect(hit, suspicious.RapidConnections, suspect{ip: ip, remote: remote})
}

// noteToken counts that the client uses its token, which belongs to a user if that is known.
func (c *conn) noteToken(token, user string) {
	hit := c.server.suspicious.TokenUsed(token, c.clientAddr)
	c.server.reportSuspect(hit, suspicious.TokenAddresses, c.suspect(user, ""))
}

// noteRefusal counts that the client is refused: for its token, or as that does not open the room.
func (c *conn) noteRefusal(r joinRequest, why *engine.CloseError) {
	s := c.server
	if why.Code == engine.CloseForbidden {
		s.counters.authFailures.Inc()
	}
	switch {
	case why.Code == engine.CloseAuthFailed:
		c.noteBadToken()
	case why == errOrigin, why == errNoTLS:
	case why.Code == engine.CloseForbidden, why.Code == engine.CloseRoomNotFound:
		hit := s.suspicious.RecordRefused(r.token, r.path)
		s.reportSuspect(hit, suspicious.RefusedRecords, c.suspect(r.user, r.room.String()))
	}
}

// noteBadToken counts a token of the client that was refused.
func (c *conn) noteBadToken() {
	s := c.server
	s.counters.authFailures.Inc()
	hit := s.suspicious.SignInFailed(c.clientAddr)
	s.reportSuspect(hit, suspicious.FailedSignIns, c.suspect("", ""))
}

// noteInvalid counts a message for a session of the client that could not be read; reading is held.
func (c *conn) noteInvalid(s *session) {
	user, room := c.counted.User(), ""
	if p := s.peer(); p != nil {
		user, room = p.User(), p.Room().String()
	}
	hit := c.server.suspicious.Invalid(user, c.clientAddr)
	c.server.reportSuspect(hit, suspicious.InvalidMessages, c.suspect(user, room))
}
