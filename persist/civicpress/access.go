package civicpress

import (
	"context"
	"errors"
)

// Visit is what there is to know when somebody opens a record.
type Visit struct {
	User   User
	Record Record
	Access Access
}

// Enter finds out who the bearer of a token is and what they may do with a record.
// No route of the API says the latter: it follows from the permissions, and from the
// record routes' showing the record. Without View the error is ErrForbidden; a record
// that is not shown is ErrNotFound. With an error there are User and Access all the
// same if these are known.
func (c *Client) Enter(ctx context.Context, token, id string) (Visit, error) {
	u, err := c.Authenticate(ctx, token)
	if err != nil {
		return Visit{}, err
	}
	if !u.Access().View {
		return u.visit(Record{}), &Error{Op: loadRecord.String(), Kind: ErrForbidden}
	}
	rec, err := c.LoadRecord(ctx, token, id)
	if errors.Is(err, ErrUnauthorized) {
		return Visit{}, err
	}
	if err == nil && rec.Draft && !u.Access().Edit { // drafts are shown to editors: the role is a new one
		c.Doubt(token)
		if u, err = c.Authenticate(ctx, token); err != nil {
			return Visit{}, err
		}
	}
	return u.visit(rec), err
}

func (u User) visit(r Record) Visit { return Visit{User: u, Record: r, Access: u.Access()} }

// Look returns a record as the bearer of a token is shown it now, and whether that is
// the whole of it: with the draft if there is one. It goes farther than Enter to know,
// as what is based on a draft's being gone is hard to take back.
func (c *Client) Look(ctx context.Context, token, id string) (rec Record, whole bool, err error) {
	if rec, err = c.LoadRecord(ctx, token, id); err == nil {
		whole, err = c.whole(ctx, token, rec)
	}
	return rec, whole, err
}

// whole says whether a record that has just been loaded is all that an editor would be
// shown. What was known before counts for little: a role may have changed since.
func (c *Client) whole(ctx context.Context, token string, rec Record) (bool, error) {
	if rec.Draft {
		return true, nil
	}
	if token == "" {
		token = c.cfg.Token
	}
	u, err := c.Authenticate(ctx, token)
	if err == nil && u.Asked.Before(rec.loaded) {
		c.Doubt(token)
		u, err = c.Authenticate(ctx, token)
	}
	if err == nil && u.Access().Edit && u.Asked.Before(rec.loaded) {
		err = &Error{Op: checkSession.String(), Kind: ErrUnavailable} // it was only remembered
	}
	return u.Access().Edit, err
}
