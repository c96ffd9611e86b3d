package hooks

import (
	"time"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// cached returns the answer to a question if the receiver need not be asked.
func (c *Client) cached(q Question, now time.Time) (g Grant, ok bool, err error) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	k := q.key()
	if r, found := s.refused.Get(k); found && r.Holds(now) != nil {
		c.metrics.sessionsRefused.Inc()
		return Grant{}, false, r.Err
	}
	v, found := s.live.Get(k)
	if !found || !v.usable(now, c.cfg().MaxStale) {
		return Grant{}, false, nil
	}
	dropped, _ := s.dropped.Get(keyOf(q.Token))
	switch {
	case now.Before(v.grant.Until) && !v.grant.Asked.Before(dropped):
		c.metrics.sessionsKnown.Inc()
	case now.Before(v.retryAt):
		c.metrics.sessionsStale.Inc()
	default:
		return Grant{}, false, nil
	}
	return v.grant, true, nil
}

// remember stores the answer to a question. If err means that there was none it returns the answer
// from before.
func (c *Client) remember(q Question, g Grant, err error) (Grant, error) {
	s, k, now, cfg := &c.sessions, q.key(), time.Now(), c.cfg()
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		s.live.Add(k, session{grant: g})
		s.refused.Remove(k)
		return g, nil
	}
	r, _ := s.refused.Get(k)
	if refuses(err) {
		s.live.Remove(k)
		s.refused.Add(k, r.Next(err, cfg.NegativeTTL, cfg.NegativeMax, now))
		return Grant{}, err
	}
	if v, found := s.live.Get(k); found && v.usable(now, cfg.MaxStale) {
		c.metrics.sessionsStale.Inc()
		v.retryAt = now.Add(cfg.RefreshPause)
		s.live.Add(k, v)
		return v.grant, nil
	}
	if httpcall.Cacheable(err) {
		s.refused.Add(k, r.NextFailure(err, cfg.RefreshPause, now))
	}
	return Grant{}, err
}

// Invalidate makes the next calls of Authorize for a token ask the receiver, because the rights of
// its bearer may have changed. If the receiver cannot be asked, the cached answer holds.
func (c *Client) Invalidate(token string) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dropped.Add(keyOf(token), time.Now())
}
