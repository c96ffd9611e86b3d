package civicpress

import (
	"cmp"
	"context"
	"time"
)

// LoadVerified returns a record as the bearer of a token is shown it now, and whether editors are
// shown the same: the draft if there is one. It makes more calls than Authorize to be certain, as
// edits that are based on a draft's absence are hard to undo. An ErrNotFound is an ErrGone too if
// the user is an editor.
func (c *Client) LoadVerified(
	ctx context.Context, token, id string,
) (rec Record, showsDrafts bool, err error) {
	if err := c.retryLater(id); err != nil {
		return Record{}, false, err
	}
	began := time.Now()
	if rec, err = c.LoadRecord(ctx, token, id); err == nil {
		showsDrafts, err = c.showsDrafts(ctx, token, rec, rec.fetchedAt)
	}
	return rec, showsDrafts, c.confirmGone(ctx, token, began, err)
}

// confirmGone turns an ErrNotFound into an ErrGone if the bearer of a token was an editor at a time
// or later: from other users the API hides records that only have a draft.
func (c *Client) confirmGone(ctx context.Context, token string, since time.Time, err error) error {
	if e, ok := err.(*Error); !ok || e.Kind != ErrNotFound || e.Status == 0 {
		return err
	}
	used := cmp.Or(token, c.cfg().Token)
	if editor, why := c.editorSince(ctx, used, since); why != nil || !editor {
		return err
	}
	return &Error{Call: loadRecord.name(), Kind: ErrNotFound, Cause: ErrGone}
}

// retryLater returns an error while it cannot be known whether a record has a draft.
func (c *Client) retryLater(id string) error {
	known, _ := c.recordCache.get(id, "")
	wait := time.Until(known.retryAt)
	if wait <= 0 {
		return nil
	}
	return &Error{Call: checkSession.name(), Kind: ErrRateLimited, After: wait}
}

// showsDrafts reports whether editors are shown a record that has just been loaded in the same
// state. Cached rights do not prove that, as they may have changed. It is proved by a draft, by the
// revision that editors were last known to be shown, or by an answer of the API, at since or later,
// that the user is an editor.
func (c *Client) showsDrafts(
	ctx context.Context, token string, rec Record, since time.Time,
) (bool, error) {
	revision := rec.Revision()
	if rec.Draft {
		c.recordCache.update(rec.ID, func(r *cachedRecord) { r.complete = revision })
		return true, nil
	}
	if token == "" {
		token = c.cfg().Token
	}
	u, err := c.Authenticate(ctx, token)
	known, _ := c.recordCache.get(rec.ID, "")
	if err != nil || !u.Access().Edit || known.complete == revision {
		return u.Access().Edit, err
	}
	editor, err := c.editorSince(ctx, token, since)
	if err == nil && editor {
		c.recordCache.update(rec.ID, func(r *cachedRecord) { r.complete = revision })
	}
	if wait := c.authLimit.Wait(time.Now()); err != nil && wait > 0 {
		c.recordCache.update(rec.ID, func(r *cachedRecord) { r.retryAt = time.Now().Add(wait) })
	}
	return editor, err
}

// editorSince reports whether the bearer of a token may edit, as of a time or later.
func (c *Client) editorSince(ctx context.Context, token string, since time.Time) (bool, error) {
	u, err := c.Authenticate(ctx, token)
	if err == nil && u.FetchedAt.Before(since) {
		c.Invalidate(token)
		u, err = c.Authenticate(ctx, token)
	}
	if err == nil && u.Access().Edit && u.FetchedAt.Before(since) {
		// The answer is from the cache.
		err = checkSession.fail(ErrUnavailable)
	}
	return u.Access().Edit, err
}
