package civicpress

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// recordQuery is a query for a record as the bearer of a token is shown it.
type recordQuery struct {
	session   *session // the token's
	token, id string
	asked     time.Time
}

// loadResult is a loaded record.
type loadResult struct {
	rec         Record
	showsDrafts bool
}

// loadShared loads a record. Concurrent calls share one load: those of a class whose sessions are
// known to be alive, else those with the same token.
func (c *Client) loadShared(ctx context.Context, q recordQuery) (Record, bool, error) {
	k := keyOfBoth(q.token, q.id)
	own := string(k[:])
	name := own
	if q.session.aliveAt.After(q.asked.Add(-c.cfg().PositiveTTL)) {
		name = q.session.class + "\n" + q.id
	}
	s, err := c.loadOnce(ctx, name, q)
	if name != own && errors.Is(err, ErrUnauthorized) {
		// The load may have used the token of another caller, and only that may be invalid.
		s, err = c.loadOnce(ctx, own, q)
	}
	return s.rec, s.showsDrafts, err
}

func (c *Client) loadOnce(ctx context.Context, name string, q recordQuery) (loadResult, error) {
	loaded := c.recordCache.flight.DoChan(name, func() (any, error) {
		ctx := context.WithoutCancel(ctx)
		rec, err := c.load(ctx, q.token, q.id, !q.session.aliveAt.Before(q.asked))
		c.storeAnswer(q, rec, err)
		if err != nil {
			return loadResult{}, err
		}
		showsDrafts, err := c.showsDrafts(ctx, q.token, rec, q.asked)
		if err != nil && !errors.Is(err, ErrUnauthorized) {
			showsDrafts, err = false, nil // so no draft is based on this load
		}
		return loadResult{rec, showsDrafts}, err
	})
	select {
	case <-ctx.Done():
		return loadResult{}, ctx.Err()
	case r := <-loaded:
		s, _ := r.Val.(loadResult)
		return s, r.Err
	}
}

// storeAnswer stores the API's answer about a record.
func (c *Client) storeAnswer(q recordQuery, rec Record, err error) {
	switch {
	case err == nil:
		c.forgetRefusal(q.token, q.id)
		c.recordCache.update(q.id, func(r *cachedRecord) {
			r.storeShown(q.session.class, rec.fetchedAt)
		})
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrForbidden):
		c.refuseRecord(q.token, q.id, err)
	case !errors.Is(err, ErrUnauthorized) && httpcall.Cacheable(err):
		c.recordCache.update(q.id, func(r *cachedRecord) {
			r.failure = c.cachedFailure(r.failure, err)
		})
	}
}

// refusalFor returns the cached refusal of a record for the bearer of a token.
func (c *Client) refusalFor(token, id string, now time.Time) error {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	r, _ := s.refused.Get(keyOfBoth(token, id))
	if r.Holds(now) == nil {
		return nil
	}
	c.metrics.recordsRefused.Inc()
	return r.Err
}

// refuseRecord stores that a record is not shown to the bearer of a token.
func (c *Client) refuseRecord(token, id string, err error) {
	s, k := &c.sessions, keyOfBoth(token, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	r, _ := s.refused.Get(k)
	s.refused.Add(k, r.Next(err, c.cfg().NegativeTTL, c.cfg().NegativeMax/3, time.Now()))
}

// forgetRefusal removes the refusal that refuseRecord has stored.
func (c *Client) forgetRefusal(token, id string) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused.Remove(keyOfBoth(token, id))
}

// keyOfBoth returns the hash of a token and a record's id. Neither has a line end in it.
func keyOfBoth(token, id string) key { return sha256.Sum256([]byte(token + "\n" + id)) }
