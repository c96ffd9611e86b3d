package civicpress

import (
	"context"
	"net/http"
	"time"
)

// Rights are fetched less often than a session is checked. Any answer to its token checks a
// session, but only the route that the API limits most returns rights.
const (
	rightsFactor = 2  // times Config.PositiveTTL: how long rights are cached
	editsFactor  = 10 // the same, for a user who is shown drafts or saves them
)

// Authenticate returns the user whose session a token is, from the cache if that is fresh.
// Concurrent calls for one token make one call of the API. While the API cannot be asked, a cached
// user of the last Config.MaxStale is returned. The error is mostly ErrUnauthorized.
func (c *Client) Authenticate(ctx context.Context, token string) (User, error) {
	v, err := c.session(ctx, token, time.Now().Add(-c.cfg().PositiveTTL))
	if err != nil {
		return User{}, err
	}
	return v.userCopy(), nil
}

// session returns the session of a token. It asks the API unless the cached session was alive after
// a time and the rights of its user are fresh.
func (c *Client) session(ctx context.Context, token string, alive time.Time) (*session, error) {
	if err := c.checkForm(token); err != nil {
		return nil, err
	}
	k := keyOf(token)
	if v, err := c.cachedSession(k, alive, time.Now()); v != nil || err != nil {
		return v, err
	}
	return c.fetchSession(ctx, k, token)
}

// checkForm refuses a token that cannot be valid.
func (c *Client) checkForm(token string) error {
	if !sendable(token) || !c.conf.Load().maySign(token) {
		c.metrics.tokensMalformed.Inc()
		return c.refusal()
	}
	return nil
}

// cachedSession returns the session of a token if the API need not be asked, else nil.
func (c *Client) cachedSession(k key, alive, now time.Time) (*session, error) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, found := s.refused.Get(k); found && r.Holds(now) != nil {
		c.metrics.sessionsRefused.Inc()
		return nil, r.Err
	}
	v, found := s.live.Get(k)
	switch {
	case !found:
		return nil, nil
	case !v.stale && c.rightsFresh(v, now) && v.aliveAt.After(alive):
		c.metrics.sessionsKnown.Inc()
	case c.mayDefer(v, now):
		c.metrics.sessionsStale.Inc()
	default:
		return nil, nil
	}
	return v, nil
}

// rightsFresh reports whether the cached rights of a session's user hold.
func (c *Client) rightsFresh(v *session, now time.Time) bool {
	age, ttl := now.Sub(v.userAt), c.cfg().PositiveTTL
	return age < rightsFactor*ttl || now.Sub(v.editorAt) < rightsFactor*ttl && age < editsFactor*ttl
}

// mayDefer reports whether the API is not to be asked for the moment: it has just failed, or few
// calls are left. If enough calls are left it takes one off the allowance.
func (c *Client) mayDefer(v *session, now time.Time) bool {
	if now.Sub(v.userAt) >= c.cfg().MaxStale {
		return false
	}
	return now.Before(v.retryAt) || !v.stale && (c.otherLimit.scarce(now) || !c.authLimit.take(now))
}

// fetchSession asks the API about a token, or waits for a call that does. The call does not end
// with the contexts of those that wait for it.
func (c *Client) fetchSession(ctx context.Context, k key, token string) (*session, error) {
	asked := c.sessions.flight.DoChan(string(k[:]), func() (any, error) {
		asked := time.Now()
		u, err := c.fetchUser(context.WithoutCancel(ctx), token)
		return c.storeUser(k, u, err, asked)
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-asked:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*session), nil
	}
}

// fetchUser asks the API whose session a token is.
func (c *Client) fetchUser(ctx context.Context, token string) (User, error) {
	r := request{op: checkSession, method: http.MethodGet, path: "/auth/me", token: token}
	r.idempotent = true
	data, err := c.call(ctx, r)
	if err != nil {
		return User{}, err
	}
	var m userAnswer
	if err := r.decode(data, &m); err != nil {
		return User{}, err
	}
	if m.User == nil || m.User.ID == "" {
		return User{}, r.fail(ErrAnswer, http.StatusOK, errForm)
	}
	u := m.User
	return User{
		ID: string(u.ID), Username: string(u.Username), Name: string(u.Name),
		AvatarURL: string(u.AvatarURL), Role: string(u.Role), Permissions: u.Permissions,
	}, nil
}
