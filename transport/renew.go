package transport

import (
	"context"
	"errors"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

var errOtherUser = &engine.CloseError{Code: engine.CloseAuthFailed, Reason: "token of another user"}

// Renew implements engine.Conn: a fresh token takes the place of the one that the
// connection has, if it is the same user's. One that is not good leaves things as
// they were; one that does not open the room any more ends the connection.
func (c *conn) Renew(token []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), c.server.cfg.JoinTimeout)
	defer cancel()
	session, err := c.server.auth.Authenticate(ctx, string(token))
	if err == nil && session.ID != c.peer.Identity().ID {
		err = errOtherUser
	}
	if err != nil {
		return c.reject(err)
	}
	who, err := c.server.enter(session, c.peer.Room())
	if err != nil {
		return err
	}
	c.begins(session)
	c.peer.Become(who)
	c.server.counters.renewed.Inc()
	answer := codec.Message{Kind: codec.Auth}
	if !session.Expires.IsZero() {
		answer.Time = session.Expires.UnixMilli()
	}
	c.tell(answer)
	return nil
}

// reject says what is wrong with a fresh token. Any other failure is ours.
func (c *conn) reject(err error) error {
	var why *engine.CloseError
	if !errors.As(err, &why) || why.Code != engine.CloseAuthFailed {
		return err
	}
	c.server.counters.authFailures.Inc()
	c.tell(codec.Message{Kind: codec.Failure, Code: codec.CodeAuthFailed, Text: why.Reason})
	return nil
}

// begins has the connection end with the session.
func (c *conn) begins(s Session) {
	ends := int64(never)
	if !s.Expires.IsZero() {
		ends = s.Expires.Unix()
	}
	c.expires.Store(ends)
}
