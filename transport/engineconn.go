package transport

import (
	"context"
	"errors"
	"log/slog"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
)

var errOtherUser = &engine.CloseError{Code: engine.CloseAuthFailed, Reason: "token of another user"}

// Renew implements engine.Conn: a fresh token of the same user replaces the session's token. A
// token that is not valid, or cannot be checked now, changes nothing; a token that does not open
// the room any more ends the connection. The connection is paused until all tokens of a message
// have been checked, one after the other. conn.reading is held.
func (s *session) Renew(token []byte) {
	s.conn.paused = true
	if s.tokens == nil {
		s.tokens = new(tokenQueue)
		go s.renewAll(s.peer())
	}
	s.tokens.list = append(s.tokens.list, string(token))
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
	tokens, s.tokens = s.tokens.list, nil
	return tokens
}

func (s *session) tryRenew(p peer, token string) {
	defer s.conn.rescue()
	if err := s.renew(p, token); err != nil {
		s.conn.reading.Lock()
		defer s.conn.reading.Unlock()
		switch {
		case s.document == nil:
			s.conn.closeForError(err)
		case s.peer() == p: // else the document was opened again meanwhile
			s.endFor(err)
		}
	}
}

func (s *session) renew(p peer, token string) error {
	server := s.conn.server
	ctx, cancel := context.WithTimeout(context.Background(), server.cfg().JoinTimeout)
	defer cancel()
	ctx = auth.WithAddress(ctx, s.conn.address())
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
	if s.document != nil {
		s.renewedDocument(p, granted, token)
		return nil
	}
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
		s.refuseToken(why)
		return nil
	case why.Code == engine.CloseUnavailable:
		s.sendFailure(protocol.CodeInternal, why.Reason)
		return nil
	}
	return err
}

// refuseToken notifies the client that a fresh token is refused.
func (s *session) refuseToken(why *engine.CloseError) {
	if s.document == nil {
		s.conn.sendFailure(protocol.CodeAuthFailed, why.Reason)
		return
	}
	s.conn.reading.Lock()
	s.document.denied = true
	s.conn.reading.Unlock()
	s.chargeLater(malformedCost - 1)
	s.send(protocol.Message{Kind: protocol.Refusal, Text: why.Reason})
}

// Write implements engine.Conn.
func (s *session) Write(frames [][]byte, waits func()) error {
	if s.document != nil {
		return s.write(frames, waits)
	}
	return s.conn.Write(frames, waits)
}

// Close implements engine.Conn. It closes the connection, unless that has other sessions.
func (s *session) Close(why *engine.CloseError) {
	if s.document != nil {
		s.closeDocument(why)
		return
	}
	s.conn.Close(why)
}

// Finish implements engine.Conn.
func (s *session) Finish() {
	if s.document != nil {
		s.finishDocument()
		return
	}
	s.conn.Finish()
}

// Charge implements engine.Conn: a message of the client could not be read. conn.reading is held,
// unless the session is one of several.
func (s *session) Charge(messages int) {
	if s.document != nil {
		go s.chargeLater(messages)
		return
	}
	s.conn.noteInvalid(s)
	s.conn.Charge(messages)
}

func (s *session) chargeLater(messages int) {
	s.conn.reading.Lock()
	defer s.conn.reading.Unlock()
	s.conn.noteInvalid(s)
	s.conn.Charge(messages)
}
