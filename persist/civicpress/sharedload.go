package civicpress

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// authorizeRecord finds out whether a record is shown to somebody, and that the session is alive.
func (c *Client) authorizeRecord(ctx context.Context, v *session, token, id string, began time.Time) (Authorization, error) {
	if visit, ok, err := c.cachedAuthorization(v, id, began); ok {
		return visit, err
	}
	rec, whole, err := c.loadShared(ctx, v, token, id, began)
	if errors.Is(err, ErrUnauthorized) {
		return Authorization{}, err
	}
	now := cmp.Or(c.peek(keyOf(token)), v)
	if err != nil {
		return now.authorization(now.aliveAt), err
	}
	if rec.Draft && !now.user.Access().Edit { // drafts are shown to editors: the role is a new one
		if now, err = c.session(ctx, token, began); err != nil {
			return Authorization{}, err
		}
	}
	visit := now.authorization(now.aliveAt)
	visit.Record, visit.ShowsDrafts = rec, whole && visit.Access.Edit
	visit.Loaded = whole || !visit.Access.Edit
	return visit, nil
}

// cachedAuthorization answers from memory if it may.
func (c *Client) cachedAuthorization(v *session, id string, now time.Time) (visit Authorization, ok bool, err error) {
	known, shown := c.recordCache.get(id, v.class)
	fresh, late := now.Add(-c.cfg.PositiveTTL), now.Add(-c.cfg.MaxStale)
	switch recheck := shown.Add(c.cfg.PositiveTTL); {
	case v.aliveAt.After(fresh) && recheck.After(fresh):
		c.metrics.recordsShown.Inc()
		return v.authorization(recheck), true, nil
	case v.aliveAt.After(late) && shown.After(late) && c.otherLimit.scarce(now):
		c.metrics.sessionsStale.Inc() // what is left is for drafts, and for people who are not known yet
		return v.authorization(v.aliveAt), true, nil
	}
	if err := known.failure.holds(now); err != nil {
		c.metrics.recordsFailing.Inc()
		return v.authorization(v.aliveAt), true, err
	}
	return Authorization{}, false, nil
}

// loadResult is what comes of looking at a record.
type loadResult struct {
	rec         Record
	showsDrafts bool
}

// loadShared loads a record on behalf of all who ask at the same time: of those whose sessions
// are known to be alive, for all of the same class, else of this one.
func (c *Client) loadShared(ctx context.Context, v *session, token, id string, began time.Time) (Record, bool, error) {
	k := keyOfBoth(token, id)
	own := string(k[:])
	name := own
	if v.aliveAt.After(began.Add(-c.cfg.PositiveTTL)) {
		name = v.class + "\n" + id
	}
	s, err := c.loadOnce(ctx, name, v, token, id, began)
	if name != own && errors.Is(err, ErrUnauthorized) { // perhaps another's
		s, err = c.loadOnce(ctx, own, v, token, id, began)
	}
	return s.rec, s.showsDrafts, err
}

func (c *Client) loadOnce(ctx context.Context, name string, v *session, token, id string, began time.Time) (loadResult, error) {
	looked := c.recordCache.flight.DoChan(name, func() (any, error) {
		ctx := context.WithoutCancel(ctx)
		rec, err := c.load(ctx, token, id, !v.aliveAt.Before(began))
		c.storeAnswer(v.class, token, id, rec, err)
		if err != nil {
			return loadResult{}, err
		}
		whole, err := c.showsDrafts(ctx, token, rec, began)
		if err != nil && !errors.Is(err, ErrUnauthorized) { // it is shown, and nothing can be based on it
			whole, err = false, nil
		}
		return loadResult{rec, whole}, err
	})
	select {
	case <-ctx.Done():
		return loadResult{}, ctx.Err()
	case r := <-looked:
		s, _ := r.Val.(loadResult)
		return s, r.Err
	}
}

// storeAnswer remembers what the API said about a record to people of a class.
func (c *Client) storeAnswer(class, token, id string, rec Record, err error) {
	switch {
	case err == nil:
		c.forgetRefusal(token, id)
		c.recordCache.update(id, func(r *cachedRecord) { r.storeShown(class, rec.fetchedAt) })
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrForbidden):
		c.refuseRecord(token, id, err)
	case !errors.Is(err, ErrUnauthorized) && cacheable(err):
		c.recordCache.update(id, func(r *cachedRecord) { r.failure = c.cachedFailure(r.failure, err) })
	}
}
