package civicpress

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"time"
)

// Visit is what there is to know when somebody opens a record, or is there still.
type Visit struct {
	User   User
	Access Access
	// Record is what the person is shown, if Loaded; else it is only known that something is.
	Record Record
	Loaded bool
	// Whole: Record is all that an editor would be shown.
	Whole bool
	// Checked is as of when the session was known to be alive. It is earlier where the record has
	// to be asked for earlier than Config.PositiveTTL after that.
	Checked time.Time
}

// Enter finds out who the bearer of a token is and what they may do with a record.
// No route of the API says the latter: it follows from the permissions, and from the
// record routes' showing the record, to this person or to another of the same role.
// Without View the error is ErrForbidden; a record that is not shown is ErrNotFound.
// With an error there are User and Access all the same if these are known.
//
// Refusals are remembered (Config.NegativeTTL), and so is whether a session is alive
// (Config.PositiveTTL) and a record shown (twice that). Where the former has to be asked and what the person may
// do is known, the record is asked for, as the answer shows whether the session is alive.
func (c *Client) Enter(ctx context.Context, token, id string) (Visit, error) {
	began := time.Now()
	if err := c.inspect(token); err != nil {
		return Visit{}, err
	}
	if err := c.barred(token, id, began); err != nil {
		return Visit{}, err
	}
	v, err := c.session(ctx, token, time.Time{})
	if err != nil {
		return Visit{}, err
	}
	if !v.user.Access().View {
		err := &Error{Op: loadRecord.String(), Kind: ErrForbidden}
		c.bar(token, id, err)
		return v.visit(began), err
	}
	return c.see(ctx, v, token, id, began)
}

func (v *vouched) visit(checked time.Time) Visit {
	if v.alive.Before(checked) {
		checked = v.alive
	}
	return Visit{User: v.copied(), Access: v.user.Access(), Checked: checked}
}

// barred returns the answer that a token has had about a record, if that was a refusal and is remembered.
func (c *Client) barred(token, id string, now time.Time) error {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	r, _ := s.refused.get(keyOfBoth(token, id))
	if r.holds(now) == nil {
		return nil
	}
	c.counters.barred.Add(1)
	return r.err
}

// bar remembers that a record is not shown to the bearer of a token.
func (c *Client) bar(token, id string, err error) {
	s, k := &c.sessions, keyOfBoth(token, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	r, _ := s.refused.get(k)
	s.refused.put(k, r.again(err, c.cfg.NegativeTTL, c.cfg.NegativeMax/3, time.Now()))
}

// unbar forgets that.
func (c *Client) unbar(token, id string) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused.drop(keyOfBoth(token, id))
}

// keyOfBoth stands for a token and a record. Neither has a line end in it.
func keyOfBoth(token, id string) key { return sha256.Sum256([]byte(token + "\n" + id)) }

// see finds out whether a record is shown to somebody, and that the session is alive.
func (c *Client) see(ctx context.Context, v *vouched, token, id string, began time.Time) (Visit, error) {
	known, shown := c.sights.get(id, v.class)
	if since := began.Add(-c.cfg.PositiveTTL); v.alive.After(since) && shown.Add(c.cfg.PositiveTTL).After(since) {
		c.counters.shown.Add(1)
		return v.visit(shown.Add(c.cfg.PositiveTTL)), nil
	}
	if since := began.Add(-c.cfg.MaxStale); c.other.scarce(began) && v.alive.After(since) && shown.After(since) {
		c.counters.stale.Add(1) // what is left is for drafts, and for people who are not known yet
		return v.visit(v.alive), nil
	}
	if err := known.failure.holds(began); err != nil {
		c.counters.failing.Add(1)
		return v.visit(v.alive), err
	}
	rec, whole, err := c.look(ctx, v, token, id, began)
	if errors.Is(err, ErrUnauthorized) {
		return Visit{}, err
	}
	now := cmp.Or(c.peek(keyOf(token)), v)
	if err == nil && rec.Draft && !now.user.Access().Edit { // drafts are shown to editors: the role is a new one
		if now, err = c.session(ctx, token, began); err != nil {
			return Visit{}, err
		}
	}
	if err != nil {
		return now.visit(now.alive), err
	}
	visit := now.visit(now.alive)
	visit.Record, visit.Whole = rec, whole && visit.Access.Edit
	visit.Loaded = whole || !visit.Access.Edit
	return visit, nil
}

// sighting is what comes of looking at a record.
type sighting struct {
	rec   Record
	whole bool
}

// look loads a record on behalf of all who ask at the same time: of those whose sessions
// are known to be alive, for all of the same class, else of this one.
func (c *Client) look(ctx context.Context, v *vouched, token, id string, began time.Time) (Record, bool, error) {
	k := keyOfBoth(token, id)
	own := string(k[:])
	name := own
	if v.alive.After(began.Add(-c.cfg.PositiveTTL)) {
		name = v.class + "\n" + id
	}
	s, err := c.lookOnce(ctx, name, v, token, id, began)
	if name != own && errors.Is(err, ErrUnauthorized) { // perhaps another's
		s, err = c.lookOnce(ctx, own, v, token, id, began)
	}
	return s.rec, s.whole, err
}

func (c *Client) lookOnce(ctx context.Context, name string, v *vouched, token, id string, began time.Time) (sighting, error) {
	looked := c.sights.flight.DoChan(name, func() (any, error) {
		ctx := context.WithoutCancel(ctx)
		rec, err := c.load(ctx, token, id, !v.alive.Before(began))
		c.sighted(v.class, token, id, rec, err)
		if err != nil {
			return sighting{}, err
		}
		whole, err := c.whole(ctx, token, rec, began)
		if err != nil && !errors.Is(err, ErrUnauthorized) { // it is shown, and nothing can be based on it
			whole, err = false, nil
		}
		return sighting{rec, whole}, err
	})
	select {
	case <-ctx.Done():
		return sighting{}, ctx.Err()
	case r := <-looked:
		s, _ := r.Val.(sighting)
		return s, r.Err
	}
}

// sighted remembers what the API said about a record to people of a class.
func (c *Client) sighted(class, token, id string, rec Record, err error) {
	switch {
	case err == nil:
		c.unbar(token, id)
		c.sights.note(id, func(r *sight) { r.show(class, rec.loaded) })
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrForbidden):
		c.bar(token, id, err)
	case !errors.Is(err, ErrUnauthorized) && lasting(err):
		c.sights.note(id, func(r *sight) { r.failure = c.failed(r.failure, err) })
	}
}

// Look returns a record as the bearer of a token is shown it now, and whether that is
// the whole of it: with the draft if there is one. It goes farther than Enter to know,
// as what is based on a draft's being gone is hard to take back.
// An ErrNotFound is an ErrGone too if the person is an editor.
func (c *Client) Look(ctx context.Context, token, id string) (rec Record, whole bool, err error) {
	if err := c.settled(id); err != nil {
		return Record{}, false, err
	}
	began := time.Now()
	if rec, err = c.LoadRecord(ctx, token, id); err == nil {
		whole, err = c.whole(ctx, token, rec, rec.loaded)
	}
	return rec, whole, c.certain(ctx, token, began, err)
}

// certain makes an ErrNotFound an ErrGone if the bearer of a token was an editor at a time
// or later: from others the API hides records that only have a draft.
func (c *Client) certain(ctx context.Context, token string, since time.Time, err error) error {
	if e, ok := err.(*Error); !ok || e.Kind != ErrNotFound || e.Status == 0 {
		return err
	}
	if editor, why := c.editorSince(ctx, cmp.Or(token, c.cfg.Token), since); why != nil || !editor {
		return err
	}
	return &Error{Op: loadRecord.String(), Kind: ErrNotFound, Cause: ErrGone}
}

// settled is an error while there is no finding out whether a record has a draft.
func (c *Client) settled(id string) error {
	known, _ := c.sights.get(id, "")
	wait := time.Until(known.unsettled)
	if wait <= 0 {
		return nil
	}
	return &Error{Op: checkSession.String(), Kind: ErrRateLimited, After: wait}
}

// whole says whether a record that has just been loaded is all that an editor would be
// shown. What was known before counts for little: a role may have changed since. But a
// record that is as it was when that was known has no news in it. Else the person must have been
// known for an editor since a time.
func (c *Client) whole(ctx context.Context, token string, rec Record, since time.Time) (bool, error) {
	mark := rec.Mark()
	if rec.Draft {
		c.sights.note(rec.ID, func(r *sight) { r.whole = mark })
		return true, nil
	}
	if token == "" {
		token = c.cfg.Token
	}
	u, err := c.Authenticate(ctx, token)
	if known, _ := c.sights.get(rec.ID, ""); err != nil || !u.Access().Edit || known.whole == mark {
		return u.Access().Edit, err
	}
	editor, err := c.editorSince(ctx, token, since)
	if err == nil && editor {
		c.sights.note(rec.ID, func(r *sight) { r.whole = mark })
	}
	if wait := c.auth.left(time.Now()); err != nil && wait > 0 {
		c.sights.note(rec.ID, func(r *sight) { r.unsettled = time.Now().Add(wait) })
	}
	return editor, err
}

// editorSince says whether the bearer of a token may edit, as of a time or later.
func (c *Client) editorSince(ctx context.Context, token string, since time.Time) (bool, error) {
	u, err := c.Authenticate(ctx, token)
	if err == nil && u.Asked.Before(since) {
		c.Doubt(token)
		u, err = c.Authenticate(ctx, token)
	}
	if err == nil && u.Access().Edit && u.Asked.Before(since) {
		err = &Error{Op: checkSession.String(), Kind: ErrUnavailable} // it was only remembered
	}
	return u.Access().Edit, err
}
