package transport

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/transport/auth"
)

var (
	errRevoked = &engine.CloseError{Code: engine.CloseAuthFailed,
		Reason: "session expired or revoked", ErrorCode: protocol.CodeSessionRevoked}
	errUnchecked = &engine.CloseError{Code: engine.CloseUnavailable,
		Reason: "session cannot be checked, try again", ErrorCode: protocol.CodeInternal}
)

// setChecked records a valid session; state is held.
func (s *session) setChecked(p peer, granted auth.Session, token string) {
	if granted.Checked.IsZero() {
		s.of, s.user, s.token = nil, "", ""
		s.due.Store(never)
		return
	}
	s.of, s.user, s.token = p, granted.ID, token
	s.setNextRecheck(granted.Checked)
}

// setNextRecheck sets the time of the next recheck. All sessions with one token are due at the same
// time, whenever they began, as one answer serves them all. If the answer is old, a newer one will
// not be there soon, so the recheck waits at least a quarter of the interval.
func (s *session) setNextRecheck(checked time.Time) {
	server := s.conn.server
	now, every := server.now(), server.cfg().Recheck
	s.checkedAt = checked.Sub(server.started)
	s.due.Store(int64(max(s.checkedAt+every, now+every/4)))
}

// begin records the session of a client that has joined its room.
func (s *session) begin(p peer, granted auth.Session, token string) {
	s.state.Lock()
	defer s.state.Unlock()
	s.setChecked(p, granted, token)
}

// takeEffect replaces the session by that of a fresh token, unless the client has left that room
// meanwhile.
func (s *session) takeEffect(
	p peer, granted auth.Session, identity engine.Identity, token string,
) {
	s.state.Lock()
	defer s.state.Unlock()
	if s.peer() != p {
		return
	}
	s.setExpiry(granted)
	p.Become(identity)
	s.setChecked(p, granted, token)
}

// recheck asks the Authenticator about the session again, and closes the connection if the session
// is not valid any more.
func (s *session) recheck(ctx context.Context) {
	defer s.conn.rescue()
	s.state.Lock()
	p, token := s.of, s.token
	s.state.Unlock()
	if p == nil || s.conn.closing.Load() {
		return
	}
	server := s.conn.server
	limited, cancel := context.WithTimeout(ctx, server.cfg().JoinTimeout)
	defer cancel()
	limited = auth.WithAddress(limited, s.conn.address())
	granted, err := server.auth.Admit(limited, token, p.Room())
	if ctx.Err() != nil {
		return
	}
	s.state.Lock()
	defer s.state.Unlock()
	if s.token != token || s.conn.closing.Load() { // renewed, or the client has gone
		return
	}
	result, why := s.check(granted, err)
	server.counters.rechecks[result].Inc()
	if why != nil {
		s.end(why)
	}
}

// check applies the answer to a recheck; state is held. Its error ends the session.
func (s *session) check(granted auth.Session, err error) (recheckResult, error) {
	if banned := s.conn.server.engine.KeptOut(s.user, s.of.Room()); banned != nil {
		return invalid, banned
	}
	if err = refusalOf(err); err != nil && isFinal(err) {
		return invalid, err
	}
	if granted.Checked.IsZero() { // and so err is not nil
		return s.keepUnchecked(err)
	}
	if granted.ID != s.user {
		return invalid, errRevoked
	}
	identity, refusal := s.conn.server.cfg().policy().Identity(granted, s.of.Room())
	if refusal != nil {
		return invalid, refusal
	}
	s.setExpiry(granted)
	s.of.Become(identity)
	s.setNextRecheck(granted.Checked)
	if err != nil {
		return unchecked, nil
	}
	return valid, nil
}

// keepUnchecked keeps a session that cannot be checked, for at most Config.MaxStale.
func (s *session) keepUnchecked(err error) (recheckResult, error) {
	server := s.conn.server
	now, every := server.now(), server.cfg().Recheck
	if now-s.checkedAt >= server.cfg().MaxStale {
		return unchecked, errUnchecked
	}
	server.log.Debug("session cannot be checked", slog.String("reason", fmt.Sprint(err)))
	s.due.Store(int64(now + every/4))
	return unchecked, nil
}

// end closes the connection of a session that is not valid any more; state is held. The client
// leaves its room when the connection ends.
func (s *session) end(err error) {
	why := &engine.CloseError{Code: engine.CloseInternal, Reason: "internal error", Err: err}
	errors.As(err, &why)
	server := s.conn.server
	s.publish(events.SessionEnded, "", why)
	server.log.Info("session ended",
		slog.String("remote", s.conn.remote()), slog.String("room", s.of.Room().String()),
		slog.String("user", s.user), slog.Int("code", server.closeCode(why)),
		slog.String("reason", why.Error()))
	s.Close(why)
}

// refusalOf returns the error for a client in its room whose token is refused.
func refusalOf(err error) error {
	var why *engine.CloseError
	if errors.As(err, &why) && why.Code == engine.CloseAuthFailed {
		return errRevoked
	}
	return err
}

// isFinal reports whether an error is about the session, and not a failure to check it.
func isFinal(err error) bool {
	var why *engine.CloseError
	if !errors.As(err, &why) {
		return false
	}
	switch why.Code {
	case engine.CloseAuthFailed, engine.CloseForbidden, engine.CloseRoomNotFound,
		engine.CloseDeleted:
		return true
	}
	return false
}
