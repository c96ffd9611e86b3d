package civicpress

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// enterRecord finds out whether a record is shown to somebody, and that the session is alive.
func (c *Client) enterRecord(ctx context.Context, v *vouched, token, id string, began time.Time) (Visit, error) {
	if visit, ok, err := c.remembered(v, id, began); ok {
		return visit, err
	}
	rec, whole, err := c.loadShared(ctx, v, token, id, began)
	if errors.Is(err, ErrUnauthorized) {
		return Visit{}, err
	}
	now := cmp.Or(c.peek(keyOf(token)), v)
	if err != nil {
		return now.visit(now.alive), err
	}
	if rec.Draft && !now.user.Access().Edit { // drafts are shown to editors: the role is a new one
		if now, err = c.session(ctx, token, began); err != nil {
			return Visit{}, err
		}
	}
	visit := now.visit(now.alive)
	visit.Record, visit.Whole = rec, whole && visit.Access.Edit
	visit.Loaded = whole || !visit.Access.Edit
	return visit, nil
}

// remembered answers from memory if it may.
func (c *Client) remembered(v *vouched, id string, now time.Time) (visit Visit, ok bool, err error) {
	known, shown := c.recordCache.get(id, v.class)
	fresh, late := now.Add(-c.cfg.PositiveTTL), now.Add(-c.cfg.MaxStale)
	switch recheck := shown.Add(c.cfg.PositiveTTL); {
	case v.alive.After(fresh) && recheck.After(fresh):
		c.metrics.recordsShown.Inc()
		return v.visit(recheck), true, nil
	case v.alive.After(late) && shown.After(late) && c.other.scarce(now):
		c.metrics.sessionsStale.Inc() // what is left is for drafts, and for people who are not known yet
		return v.visit(v.alive), true, nil
	}
	if err := known.failure.holds(now); err != nil {
		c.metrics.recordsFailing.Inc()
		return v.visit(v.alive), true, err
	}
	return Visit{}, false, nil
}

// loaded is what comes of looking at a record.
type loaded struct {
	rec   Record
	whole bool
}

// loadShared loads a record on behalf of all who ask at the same time: of those whose sessions
// are known to be alive, for all of the same class, else of this one.
func (c *Client) loadShared(ctx context.Context, v *vouched, token, id string, began time.Time) (Record, bool, error) {
	k := keyOfBoth(token, id)
	own := string(k[:])
	name := own
	if v.alive.After(began.Add(-c.cfg.PositiveTTL)) {
		name = v.class + "\n" + id
	}
	s, err := c.loadOnce(ctx, name, v, token, id, began)
	if name != own && errors.Is(err, ErrUnauthorized) { // perhaps another's
		s, err = c.loadOnce(ctx, own, v, token, id, began)
	}
	return s.rec, s.whole, err
}

func (c *Client) loadOnce(ctx context.Context, name string, v *vouched, token, id string, began time.Time) (loaded, error) {
	looked := c.recordCache.flight.DoChan(name, func() (any, error) {
		ctx := context.WithoutCancel(ctx)
		rec, err := c.load(ctx, token, id, !v.alive.Before(began))
		c.rememberAnswer(v.class, token, id, rec, err)
		if err != nil {
			return loaded{}, err
		}
		whole, err := c.whole(ctx, token, rec, began)
		if err != nil && !errors.Is(err, ErrUnauthorized) { // it is shown, and nothing can be based on it
			whole, err = false, nil
		}
		return loaded{rec, whole}, err
	})
	select {
	case <-ctx.Done():
		return loaded{}, ctx.Err()
	case r := <-looked:
		s, _ := r.Val.(loaded)
		return s, r.Err
	}
}

// rememberAnswer remembers what the API said about a record to people of a class.
func (c *Client) rememberAnswer(class, token, id string, rec Record, err error) {
	switch {
	case err == nil:
		c.forgetRefusal(token, id)
		c.recordCache.note(id, func(r *cachedRecord) { r.show(class, rec.loaded) })
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrForbidden):
		c.rememberRefusal(token, id, err)
	case !errors.Is(err, ErrUnauthorized) && lasting(err):
		c.recordCache.note(id, func(r *cachedRecord) { r.failure = c.failed(r.failure, err) })
	}
}
