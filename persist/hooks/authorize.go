package hooks

import (
	"context"
	"time"
	"unicode/utf8"
)

// maxToken is the longest token in bytes. A longer one is refused without a call.
const maxToken = 8192

// Question is whether the bearer of a token, at an address, may open a room.
type Question struct {
	Token, Room string
	Address     string // of the client; empty: not known
}

func (q Question) key() key { return keyOf(q.Token, q.Room, q.Address) }

// String returns nothing: a part is secret.
func (q Question) String() string { return "hooks.Question{…}" }

// GoString does the same for %#v.
func (q Question) GoString() string { return q.String() }

// authorizeRequest is the body of the call.
type authorizeRequest struct {
	Type    string `json:"type"`
	Room    string `json:"room"`
	Token   string `json:"token"`
	Address string `json:"address,omitempty"`
}

// Authorize returns what the bearer of a token may do in a room, from the cache while the last
// answer holds. Concurrent calls with one question make one call of the receiver. While the
// receiver cannot be asked, an answer of the last Config.MaxStale is returned. The error is
// ErrUnauthorized, ErrForbidden, ErrNotFound or ErrGone for a refusal.
func (c *Client) Authorize(ctx context.Context, q Question) (Grant, error) {
	if q.Token == "" || len(q.Token) > maxToken || !utf8.ValidString(q.Token) {
		return Grant{}, &Error{Hook: authorize.String(), Kind: ErrUnauthorized}
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
	body, err := encode(authorizeRequest{"authorize", q.Room, q.Token, q.Address})
	if err != nil {
		return Grant{}, err
	}
	asked := time.Now()
	r := request{hook: authorize, body: body, maxBody: maxAuthorizeAnswer}
	a, err := c.call(ctx, r)
	if err != nil {
		return Grant{}, err
	}
	return r.grant(a, *c.cfg(), asked)
}
