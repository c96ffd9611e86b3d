package transport

import (
	"context"
	"errors"
	"log/slog"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
)

var errOtherUser = &engine.CloseError{Code: engine.CloseAuthFailed, Reason: "token of another user"}

// Renew implements engine.Conn: a fresh token of the same user replaces the session's token. A
// token that is not valid, or cannot be checked now, changes nothing; a token that does not open
// the room any more ends the connection. The connection is paused until all tokens of a message
// have been checked, one after the other. conn.reading is held.
func (s *session) Renew(token []byte) {
	s.conn.paused = true
	s.tokens = append(s.tokens, string(token))
	if len(s.tokens) == 1 {
		go s.renewAll(s.peer())
	}
}

func (s *session) renewAll(p peer) {
	defer s.conn.resume()
	for _, token := range s.takeTokens() {
		if s.conn.closing.Load() {
			return
		}
		s.tryRenew(p, token)
	}
}

func (s *session) takeTokens() (tokens []string) {
	s.conn.reading.Lock()
	defer s.conn.reading.Unlock()
	tokens, s.tokens = s.tokens, nil
	return tokens
}

func (s *session) tryRenew(p peer, token string) {
	defer s.conn.rescue()
	if err := s.renew(p, token); err != nil {
		s.conn.reading.Lock()
		defer s.conn.reading.Unlock()
		s.conn.closeForError(err)
	}
}

func (s *session) renew(p peer, token string) error {
	server := s.conn.server
	ctx, cancel := context.WithTimeout(context.Background(), server.cfg().JoinTimeout)
	defer cancel()
	granted, err := server.auth.Admit(ctx, token, p.Room())
	if err == nil && granted.ID != p.Identity().ID {
		err = errOtherUser
	}
	if err == nil {
		err = server.engine.KeptOut(granted.ID, p.Room())
	}
	if err != nil {
		return s.reportRejection(err)
	}
	identity, err := server.cfg().policy().Identity(granted, p.Room())
	if err != nil {
		return err
	}
	s.takeEffect(p, granted, identity, token)
	server.counters.renewed.Inc()
	answer := protocol.Message{Kind: protocol.Auth}
	if !granted.Expires.IsZero() {
		answer.Time = granted.Expires.UnixMilli()
	}
	s.conn.send(answer)
	return nil
}

// reportRejection sends the client the reason if a fresh token is not valid, or cannot be checked
// now. Any other error is a failure of the server, and is returned.
func (s *session) reportRejection(err error) error {
	var why *engine.CloseError
	switch {
	case !errors.As(err, &why):
		return err
	case why.Code == engine.CloseAuthFailed:
		s.conn.noteBadToken()
		s.conn.logMisuse("fresh token refused", 0, slog.String("reason", why.Error()))
		s.conn.sendFailure(protocol.CodeAuthFailed, why.Reason)
		return nil
	case why.Code == engine.CloseUnavailable:
		s.conn.sendFailure(protocol.CodeInternal, why.Reason)
		return nil
	}
	return err
}

// Write implements engine.Conn.
func (s *session) Write(frames [][]byte, waits func()) error { return s.conn.Write(frames, waits) }

// Close implements engine.Conn. It closes the connection.
func (s *session) Close(why *engine.CloseError) { s.conn.Close(why) }

// Finish implements engine.Conn.
func (s *session) Finish() { s.conn.Finish() }

// Charge implements engine.Conn: a message of the client could not be read. conn.reading is held.
func (s *session) Charge(messages int) {
	s.conn.noteInvalid()
	s.conn.Charge(messages)
}

// ConnectionID implements engine.Numbered.
func (s *session) ConnectionID() uint64 { return s.conn.id }
