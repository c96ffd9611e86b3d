package civicpress

import (
	"cmp"
	"context"
	"time"
)

// LoadVerified returns a record as the bearer of a token is shown it now, and whether that is
// the whole of it: with the draft if there is one. It goes farther than Enter to know,
// as what is based on a draft's being gone is hard to take back.
// An ErrNotFound is an ErrGone too if the person is an editor.
func (c *Client) LoadVerified(ctx context.Context, token, id string) (rec Record, whole bool, err error) {
	if err := c.awaitSettled(id); err != nil {
		return Record{}, false, err
	}
	began := time.Now()
	if rec, err = c.LoadRecord(ctx, token, id); err == nil {
		whole, err = c.showsDrafts(ctx, token, rec, rec.fetchedAt)
	}
	return rec, whole, c.confirmGone(ctx, token, began, err)
}

// confirmGone makes an ErrNotFound an ErrGone if the bearer of a token was an editor at a time
// or later: from others the API hides records that only have a draft.
func (c *Client) confirmGone(ctx context.Context, token string, since time.Time, err error) error {
	if e, ok := err.(*Error); !ok || e.Kind != ErrNotFound || e.Status == 0 {
		return err
	}
	if editor, why := c.editorSince(ctx, cmp.Or(token, c.cfg.Token), since); why != nil || !editor {
		return err
	}
	return &Error{Op: loadRecord.String(), Kind: ErrNotFound, Cause: ErrGone}
}

// awaitSettled is an error while there is no finding out whether a record has a draft.
func (c *Client) awaitSettled(id string) error {
	known, _ := c.recordCache.get(id, "")
	wait := time.Until(known.retryAt)
	if wait <= 0 {
		return nil
	}
	return &Error{Op: checkSession.String(), Kind: ErrRateLimited, After: wait}
}

// showsDrafts says whether a record that has just been loaded is all that an editor would be
// shown. What was known before counts for little: a role may have changed since. But a
// record that is as it was when that was known has no news in it. Else the person must have been
// known for an editor since a time.
func (c *Client) showsDrafts(ctx context.Context, token string, rec Record, since time.Time) (bool, error) {
	mark := rec.Revision()
	if rec.Draft {
		c.recordCache.update(rec.ID, func(r *cachedRecord) { r.complete = mark })
		return true, nil
	}
	if token == "" {
		token = c.cfg.Token
	}
	u, err := c.Authenticate(ctx, token)
	if known, _ := c.recordCache.get(rec.ID, ""); err != nil || !u.Access().Edit || known.complete == mark {
		return u.Access().Edit, err
	}
	editor, err := c.editorSince(ctx, token, since)
	if err == nil && editor {
		c.recordCache.update(rec.ID, func(r *cachedRecord) { r.complete = mark })
	}
	if wait := c.authLimit.wait(time.Now()); err != nil && wait > 0 {
		c.recordCache.update(rec.ID, func(r *cachedRecord) { r.retryAt = time.Now().Add(wait) })
	}
	return editor, err
}

// editorSince says whether the bearer of a token may edit, as of a time or later.
func (c *Client) editorSince(ctx context.Context, token string, since time.Time) (bool, error) {
	u, err := c.Authenticate(ctx, token)
	if err == nil && u.FetchedAt.Before(since) {
		c.Invalidate(token)
		u, err = c.Authenticate(ctx, token)
	}
	if err == nil && u.Access().Edit && u.FetchedAt.Before(since) {
		err = &Error{Op: checkSession.String(), Kind: ErrUnavailable} // it was only remembered
	}
	return u.Access().Edit, err
}
