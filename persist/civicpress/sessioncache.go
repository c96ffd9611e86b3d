package civicpress

import (
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// storeUser stores the answer of /auth/me to a call that was made at a time, and returns the
// session. If err means that there was no answer it returns the session from before.
func (c *Client) storeUser(k key, u User, err error, asked time.Time) (*session, error) {
	s, now := &c.sessions, time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	v, found := s.live.Get(k)
	if err == nil {
		fresh := &session{user: u, class: classOf(u), userAt: asked, aliveAt: asked}
		if found {
			fresh.aliveAt, fresh.editorAt = later(asked, v.aliveAt), v.editorAt
		}
		s.live.Add(k, fresh)
		s.refused.Remove(k)
		s.suspect.Remove(k)
		return fresh, nil
	}
	if !found || now.Sub(v.userAt) >= c.cfg().MaxStale || !temporary(err) {
		if httpcall.Cacheable(err) && !errors.Is(err, ErrUnauthorized) { // call has stored that
			r, _ := s.refused.Get(k)
			s.refused.Add(k, c.cachedFailure(r, err))
		}
		return nil, err
	}
	c.metrics.sessionsStale.Inc()
	stale := *v
	stale.retryAt = now.Add(c.cfg().RefreshPause)
	s.live.Add(k, &stale)
	return &stale, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// temporary reports whether an error is not about the token.
func temporary(err error) bool {
	return !errors.Is(err, ErrUnauthorized) && !errors.Is(err, ErrForbidden)
}

// refusal returns the error for a token that the API does not accept.
func (c *Client) refusal() error { return checkSession.fail(ErrUnauthorized) }

// refuseToken stores that the API does not accept a token.
func (c *Client) refuseToken(k key) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live.Remove(k)
	s.suspect.Remove(k)
	r, _ := s.refused.Get(k)
	s.refused.Add(k, r.Next(c.refusal(), c.cfg().NegativeTTL, c.cfg().NegativeMax, time.Now()))
}

// storeAlive stores that a call, made at a time, had an answer that only a live session gets or, if
// edits, only an editor. A session whose user is no editor as far as is cached becomes stale then.
func (c *Client) storeAlive(k key, asked time.Time, edits bool) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	s.suspect.Remove(k)
	v, found := s.live.Get(k)
	if !found {
		return
	}
	fresh := *v
	if fresh.aliveAt = later(asked, v.aliveAt); edits {
		fresh.editorAt = later(asked, v.editorAt)
		fresh.stale = fresh.stale || !v.user.Access().Edit
	}
	s.live.Add(k, &fresh)
}

// Invalidate makes the next call of Authenticate or Authorize for a token ask the API, because the
// rights of its bearer may have changed. If the API cannot be asked, the cached session holds.
func (c *Client) Invalidate(token string) {
	s, k := &c.sessions, keyOf(token)
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, found := s.live.Get(k); found {
		fresh := *v
		fresh.stale = true
		s.live.Add(k, &fresh)
	}
}

// peek returns a token's cached session, nil if there is none.
func (c *Client) peek(k key) *session {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	v, _ := s.live.Get(k)
	return v
}

// storeSuspect stores that the API answered a token as it answers dead ones.
func (c *Client) storeSuspect(k key) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	s.suspect.Add(k, struct{}{})
}

// cachedFailure returns the refusal to cache for a failure of the API, which may be short.
func (c *Client) cachedFailure(before httpcall.Refusal, err error) httpcall.Refusal {
	return before.NextFailure(err, c.cfg().RefreshPause, time.Now())
}
