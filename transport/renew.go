package transport

import (
	"context"
	"errors"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/auth"
)

var errOtherUser = &engine.CloseError{Code: engine.CloseAuthFailed, Reason: "token of another user"}

// Renew implements engine.Conn: a fresh token takes the place of the one that the
// connection has, if it is the same user's. One that is not good, or cannot be
// checked now, leaves things as they were; one that does not open the room any more
// ends the connection. The connection is paused until all tokens of a message have been
// checked, one after the other. reading is held.
func (c *conn) Renew(token []byte) {
	c.paused = true
	c.tokens = append(c.tokens, string(token))
	if len(c.tokens) == 1 {
		go c.renewAll(c.peer)
	}
}

func (c *conn) renewAll(peer *engine.Peer) {
	defer c.resume()
	for _, token := range c.takeTokens() {
		if c.closing.Load() {
			return
		}
		c.tryRenew(peer, token)
	}
}

func (c *conn) takeTokens() (tokens []string) {
	c.reading.Lock()
	defer c.reading.Unlock()
	tokens, c.tokens = c.tokens, nil
	return tokens
}

func (c *conn) tryRenew(peer *engine.Peer, token string) {
	defer c.rescue()
	if err := c.renew(peer, token); err != nil {
		c.reading.Lock()
		defer c.reading.Unlock()
		c.closeForError(err)
	}
}

func (c *conn) renew(peer *engine.Peer, token string) error {
	ctx, cancel := context.WithTimeout(context.Background(), c.server.cfg.JoinTimeout)
	defer cancel()
	session, err := c.server.auth.Admit(ctx, token, peer.Room())
	if err == nil && session.ID != peer.Identity().ID {
		err = errOtherUser
	}
	if err != nil {
		return c.reportRejection(err)
	}
	who, err := c.server.cfg.policy().Identity(session, peer.Room())
	if err != nil {
		return err
	}
	c.sessionRenewed(peer, session, who, token)
	c.server.counters.renewed.Inc()
	answer := protocol.Message{Kind: protocol.Auth}
	if !session.Expires.IsZero() {
		answer.Time = session.Expires.UnixMilli()
	}
	c.send(answer)
	return nil
}

// reportRejection says what is wrong with a fresh token, or that nobody knows. Any other failure is ours.
func (c *conn) reportRejection(err error) error {
	var why *engine.CloseError
	switch {
	case !errors.As(err, &why):
		return err
	case why.Code == engine.CloseAuthFailed:
		c.server.counters.authFailures.Inc()
		c.send(protocol.Message{Kind: protocol.Failure, Code: protocol.CodeAuthFailed, Text: why.Reason})
		return nil
	case why.Code == engine.CloseUnavailable:
		c.send(protocol.Message{Kind: protocol.Failure, Code: protocol.CodeInternal, Text: why.Reason})
		return nil
	}
	return err
}

// setExpiry has the connection end with the session.
func (c *conn) setExpiry(s auth.Session) {
	ends := int64(never)
	if !s.Expires.IsZero() {
		ends = s.Expires.Unix()
	}
	c.expires.Store(ends)
}
