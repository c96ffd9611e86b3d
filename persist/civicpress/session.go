package civicpress

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
)

// sessions remembers what the API said about tokens, by their hash.
type sessions struct {
	flight singleflight.Group

	mu      sync.Mutex // guards everything below
	known   lru[*vouched]
	refused lru[time.Time] // when
}

// vouched is somebody the API knew. It is never changed in place.
type vouched struct {
	user User
	at   time.Time // when the API was asked; it may have answered much later
	next time.Time // no sooner is it asked again, after that failed
	due  bool      // something has happened since: it is to be asked, however fresh the answer
}

func (s *sessions) init(size int) {
	s.known.init(size)
	s.refused.init(size)
}

// Authenticate says whose session a token is, from memory if that is fresh. Many who
// ask about one token at once make one call. When the API cannot be asked, whoever
// was known within Config.MaxStale still is. The error is mostly ErrUnauthorized.
func (c *Client) Authenticate(ctx context.Context, token string) (User, error) {
	if err := c.inspect(token); err != nil {
		return User{}, err
	}
	k := keyOf(token)
	if u, refused, ok := c.remember(k, time.Now()); refused {
		return User{}, c.refusal()
	} else if ok {
		return u, nil
	}
	return c.await(ctx, k, token)
}

// inspect refuses what cannot be a token without asking.
func (c *Client) inspect(token string) error {
	if !sendable(token) || c.key != nil && !signed(token, c.key) {
		c.counters.forged.Add(1)
		return c.refusal()
	}
	return nil
}

func (c *Client) refusal() error { return &Error{Op: checkSession.String(), Kind: ErrUnauthorized} }

// remember answers from memory if it may.
func (c *Client) remember(k key, now time.Time) (u User, refused, ok bool) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	if at, found := s.refused.get(k); found && now.Sub(at) < c.cfg.NegativeTTL {
		c.counters.refused.Add(1)
		return User{}, true, false
	}
	v, found := s.known.get(k)
	switch {
	case !found:
		return User{}, false, false
	case !v.due && now.Sub(v.at) < c.cfg.PositiveTTL:
		c.counters.hits.Add(1)
	case c.mayWait(v, now):
		c.counters.stale.Add(1)
	default:
		return User{}, false, false
	}
	return v.copied(), false, true
}

// mayWait: the API has just not answered, or has better things to do.
func (c *Client) mayWait(v *vouched, now time.Time) bool {
	return now.Sub(v.at) < c.cfg.MaxStale && (now.Before(v.next) || !v.due && c.auth.scarce(now))
}

func (v *vouched) copied() User {
	u := v.user
	u.Asked = v.at
	u.Permissions = slices.Clone(u.Permissions)
	return u
}

// await joins or starts the one call about a token. It goes on when its callers have left.
func (c *Client) await(ctx context.Context, k key, token string) (User, error) {
	asked := c.sessions.flight.DoChan(string(k[:]), func() (any, error) {
		asked := time.Now()
		u, err := c.fetchUser(context.WithoutCancel(ctx), token)
		return c.learn(k, u, err, asked)
	})
	select {
	case <-ctx.Done():
		return User{}, ctx.Err()
	case r := <-asked:
		if r.Err != nil {
			return User{}, r.Err
		}
		return r.Val.(*vouched).copied(), nil
	}
}

// learn remembers the answer to what was asked then, or falls back on an earlier one
// if none came.
func (c *Client) learn(k key, u User, err error, asked time.Time) (*vouched, error) {
	s, now := &c.sessions, time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		v := &vouched{user: u, at: asked}
		s.known.put(k, v)
		s.refused.drop(k)
		return v, nil
	}
	v, found := s.known.get(k)
	if !found || now.Sub(v.at) >= c.cfg.MaxStale || !passing(err) {
		return nil, err
	}
	c.counters.stale.Add(1)
	v = &vouched{user: v.user, at: v.at, next: now.Add(c.cfg.RefreshPause), due: v.due}
	s.known.put(k, v)
	return v, nil
}

// passing: the error says nothing about the token.
func passing(err error) bool {
	return !errors.Is(err, ErrUnauthorized) && !errors.Is(err, ErrForbidden)
}

// refuse remembers that the API does not take a token any more.
func (s *sessions) refuse(k key, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known.drop(k)
	s.refused.put(k, now)
}

// Doubt has the API asked about a token when it is next seen, because something
// suggests that its bearer's rights have changed. If it cannot be asked, what was
// known still holds.
func (c *Client) Doubt(token string) {
	s, k := &c.sessions, keyOf(token)
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, found := s.known.get(k); found {
		s.known.put(k, &vouched{user: v.user, at: v.at, next: v.next, due: true})
	}
}
