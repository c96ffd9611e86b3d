package civicpress

import (
	"errors"
	"time"
)

// storeUser remembers the answer to what was asked then, or falls back on an earlier one
// if none came.
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
	if !found || now.Sub(v.userAt) >= c.cfg.MaxStale || !temporary(err) {
		if cacheable(err) && !errors.Is(err, ErrUnauthorized) { // which call has remembered
			r, _ := s.refused.Get(k)
			s.refused.Add(k, c.cachedFailure(r, err))
		}
		return nil, err
	}
	c.metrics.sessionsStale.Inc()
	stale := *v
	stale.retryAt = now.Add(c.cfg.RefreshPause)
	s.live.Add(k, &stale)
	return &stale, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// temporary: the error says nothing about the token.
func temporary(err error) bool {
	return !errors.Is(err, ErrUnauthorized) && !errors.Is(err, ErrForbidden)
}

// refuseToken remembers that the API does not take a token any more.
func (c *Client) refuseToken(k key) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	s.live.Remove(k)
	s.suspect.Remove(k)
	r, _ := s.refused.Get(k)
	s.refused.Add(k, r.next(c.refusal(), c.cfg.NegativeTTL, c.cfg.NegativeMax, time.Now()))
}

// storeAlive notes an answer that only a live session gets, to what was asked then; edits
// says whether only an editor gets it. An editor who was not one is asked about.
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

// Invalidate has the API asked about a token when it is next seen, because something
// suggests that its bearer's rights have changed. If it cannot be asked, what was
// known still holds.
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

// peek returns who a token is known to belong to, nil if nobody.
func (c *Client) peek(k key) *session {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	v, _ := s.live.Get(k)
	return v
}

// storeSuspect notes that the API answered a token as it answers dead ones.
func (c *Client) storeSuspect(k key) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	s.suspect.Add(k, struct{}{})
}
