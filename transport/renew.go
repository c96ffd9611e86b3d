package transport

import (
	"context"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

var errOtherUser = &engine.CloseError{Code: engine.CloseAuthFailed, Reason: "token of another user"}

// Renew implements engine.Conn: a fresh token takes the place of the one that the
// connection has, if it is the same user's and opens the same room. If not, the
// connection ends, as it would without.
func (c *conn) Renew(token []byte) error {
	ctx, cancel := context.WithTimeout(context.Background(), c.server.cfg.JoinTimeout)
	defer cancel()
	session, err := c.server.auth.Authenticate(ctx, string(token))
	if err != nil {
		return err
	}
	who, err := c.server.enter(session, c.peer.Room())
	if err != nil {
		return err
	}
	if who.ID != c.peer.Identity().ID {
		return errOtherUser
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

// begins has the connection end with the session.
func (c *conn) begins(s Session) {
	ends := int64(never)
	if !s.Expires.IsZero() {
		ends = s.Expires.Unix()
	}
	c.expires.Store(ends)
}
