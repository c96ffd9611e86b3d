package hooks

import (
	"context"
	"errors"
	"time"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// maxToken is the longest token in bytes. A longer one is refused without a call.
const maxToken = 8192

// authorizeRequest is the body of the call.
type authorizeRequest struct {
	Type    string `json:"type"`
	Room    string `json:"room"`
	Token   string `json:"token"`
	Address string `json:"address,omitempty"`
}

// Authorize returns what the bearer of a token may do in a room, from the cache while the last
// answer holds. Concurrent calls with one question make one call of the receiver. While the
// receiver cannot be asked, the last answer holds for another Config.MaxStale. The error is
// ErrUnauthorized, ErrForbidden, ErrNotFound or ErrGone for a refusal.
func (c *Client) Authorize(ctx context.Context, q Question) (Grant, error) {
	if q.Token == "" || len(q.Token) > maxToken || !utf8.ValidString(q.Token) {
		return Grant{}, &Error{Call: authorize.name(), Kind: ErrUnauthorized}
	}
	if g, ok, err := c.cached(q, time.Now()); ok || err != nil {
		return g, err
	}
	k := q.key()
	asked := c.sessions.flight.DoChan(string(k[:]), func() (any, error) {
		g, err := c.ask(context.WithoutCancel(ctx), q)
		return c.remember(q, g, err)
	})
	select {
	case <-ctx.Done():
		return Grant{}, ctx.Err()
	case r := <-asked:
		return r.Val.(Grant), r.Err
	}
}

// ask asks the receiver.
func (c *Client) ask(ctx context.Context, q Question) (Grant, error) {
	body, err := httpcall.Encode(authorizeRequest{"authorize", q.Room, q.Token, q.Address})
	if err != nil {
		return Grant{}, err
	}
	asked := time.Now()
	r := request{hook: authorize, body: body, maxBody: maxAuthorizeAnswer}
	var g Grant
	a, err := c.call(ctx, r)
	if err == nil {
		g, err = r.grant(a, *c.cfg(), asked)
	}
	var e *Error
	if errors.As(err, &e) && refuses(e) {
		e = nil
	}
	c.failure.Store(e)
	return g, err
}

// Failure returns the error of the last call of hooks.authorize if that was not answered as it
// should be, else nil. Answers from the cache do not count.
func (c *Client) Failure() error {
	if e := c.failure.Load(); e != nil {
		return e
	}
	return nil
}
