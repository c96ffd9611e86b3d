package civicpress

import (
	"errors"
	"time"
)

// learn remembers the answer to what was asked then, or falls back on an earlier one
// if none came.
func (c *Client) learn(k key, u User, err error, asked time.Time) (*vouched, error) {
	s, now := &c.sessions, time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	v, found := s.known.Get(k)
	if err == nil {
		fresh := &vouched{user: u, class: classOf(u), at: asked, alive: asked}
		if found {
			fresh.alive, fresh.edits = later(asked, v.alive), v.edits
		}
		s.known.Add(k, fresh)
		s.refused.Remove(k)
		s.suspects.Remove(k)
		return fresh, nil
	}
	if !found || now.Sub(v.at) >= c.cfg.MaxStale || !passing(err) {
		if lasting(err) && !errors.Is(err, ErrUnauthorized) { // which call has remembered
			r, _ := s.refused.Get(k)
			s.refused.Add(k, c.failed(r, err))
		}
		return nil, err
	}
	c.metrics.sessionsStale.Inc()
	stale := *v
	stale.next = now.Add(c.cfg.RefreshPause)
	s.known.Add(k, &stale)
	return &stale, nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// passing: the error says nothing about the token.
func passing(err error) bool {
	return !errors.Is(err, ErrUnauthorized) && !errors.Is(err, ErrForbidden)
}

// refuse remembers that the API does not take a token any more.
func (c *Client) refuse(k key) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known.Remove(k)
	s.suspects.Remove(k)
	r, _ := s.refused.Get(k)
	s.refused.Add(k, r.again(c.refusal(), c.cfg.NegativeTTL, c.cfg.NegativeMax, time.Now()))
}

// markAlive notes an answer that only a live session gets, to what was asked then; edits
// says whether only an editor gets it. An editor who was not one is asked about.
func (c *Client) markAlive(k key, asked time.Time, edits bool) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	s.suspects.Remove(k)
	v, found := s.known.Get(k)
	if !found {
		return
	}
	fresh := *v
	if fresh.alive = later(asked, v.alive); edits {
		fresh.edits = later(asked, v.edits)
		fresh.due = fresh.due || !v.user.Access().Edit
	}
	s.known.Add(k, &fresh)
}

// Doubt has the API asked about a token when it is next seen, because something
// suggests that its bearer's rights have changed. If it cannot be asked, what was
// known still holds.
func (c *Client) Doubt(token string) {
	s, k := &c.sessions, keyOf(token)
	s.mu.Lock()
	defer s.mu.Unlock()
	if v, found := s.known.Get(k); found {
		fresh := *v
		fresh.due = true
		s.known.Add(k, &fresh)
	}
}

// peek returns who a token is known to belong to, nil if nobody.
func (c *Client) peek(k key) *vouched {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	v, _ := s.known.Get(k)
	return v
}

// markSuspect notes that the API answered a token as it answers dead ones.
func (c *Client) markSuspect(k key) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	s.suspects.Add(k, struct{}{})
}
