package civicpress

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Authorization is the answer of Authorize.
type Authorization struct {
	User   User
	Access Access
	// Record is the record as the user is shown it, if Loaded. Otherwise it is only known that the
	// user is shown something.
	Record Record
	Loaded bool
	// ShowsDrafts reports whether Record is the record as editors are shown it.
	ShowsDrafts bool
	// Checked is the time as of which the session was alive. It is earlier if the record has to be
	// asked for again less than Config.PositiveTTL after that time.
	Checked time.Time
}

// Authorize returns the user that a token belongs to, and what the user may do with a record. No
// route of the API returns the latter: it follows from the permissions, and from the API showing
// the record to the user, or to another user of the same class. The error is ErrForbidden for a
// user that may not View, and ErrNotFound for a record that is not shown. User and Access are set
// beside an error if they are known.
//
// Refusals are cached for Config.NegativeTTL, the liveness of a session for Config.PositiveTTL, and
// that a record is shown for twice that. If the session has to be checked and the rights are
// cached, the record is loaded, as the answer shows whether the session is alive.
func (c *Client) Authorize(ctx context.Context, token, id string) (Authorization, error) {
	began := time.Now()
	if err := c.checkForm(token); err != nil {
		return Authorization{}, err
	}
	if err := c.refusalFor(token, id, began); err != nil {
		return Authorization{}, err
	}
	v, err := c.session(ctx, token, time.Time{})
	if err != nil {
		return Authorization{}, err
	}
	if !v.user.Access().View {
		err := loadRecord.fail(ErrForbidden)
		c.refuseRecord(token, id, err)
		return v.authorization(began), err
	}
	return c.authorizeRecord(ctx, recordQuery{v, token, id, began})
}

func (v *session) authorization(checked time.Time) Authorization {
	if v.aliveAt.Before(checked) {
		checked = v.aliveAt
	}
	return Authorization{User: v.userCopy(), Access: v.user.Access(), Checked: checked}
}

// authorizeRecord completes Authorize once the session is found: it checks whether the record is
// shown, and whether the session is alive.
func (c *Client) authorizeRecord(ctx context.Context, q recordQuery) (Authorization, error) {
	if a, ok, err := c.cachedAuthorization(q); ok {
		return a, err
	}
	rec, showsDrafts, err := c.loadShared(ctx, q)
	if errors.Is(err, ErrUnauthorized) {
		return Authorization{}, err
	}
	now := cmp.Or(c.peek(keyOf(q.token)), q.session)
	if err != nil {
		return now.authorization(now.aliveAt), err
	}
	if rec.Draft && !now.user.Access().Edit {
		// The rights have changed since: only editors are shown drafts.
		if now, err = c.session(ctx, q.token, q.asked); err != nil {
			return Authorization{}, err
		}
	}
	a := now.authorization(now.aliveAt)
	a.Record, a.ShowsDrafts = rec, showsDrafts && a.Access.Edit
	a.Loaded = showsDrafts || !a.Access.Edit
	return a, nil
}

// cachedAuthorization returns the answer, and true, if the API need not be asked.
func (c *Client) cachedAuthorization(q recordQuery) (a Authorization, ok bool, err error) {
	v, now := q.session, q.asked
	known, shown := c.recordCache.get(q.id, v.class)
	fresh, late := now.Add(-c.cfg().PositiveTTL), now.Add(-c.cfg().MaxStale)
	switch recheck := shown.Add(c.cfg().PositiveTTL); {
	case v.aliveAt.After(fresh) && recheck.After(fresh):
		c.metrics.recordsShown.Inc()
		return v.authorization(recheck), true, nil
	case v.aliveAt.After(late) && shown.After(late) && c.otherLimit.scarce(now):
		// The calls that are left are for drafts, and for users that are not cached.
		c.metrics.sessionsStale.Inc()
		return v.authorization(v.aliveAt), true, nil
	}
	if err := known.failure.Holds(now); err != nil {
		c.metrics.recordsFailing.Inc()
		return v.authorization(v.aliveAt), true, err
	}
	return Authorization{}, false, nil
}
