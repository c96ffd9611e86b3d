package civicpress

import "context"

// Visit is what there is to know when somebody opens a record.
type Visit struct {
	User   User
	Record Record
	Access Access
}

// Enter finds out who the bearer of a token is and what they may do with a record.
// No route of the API says the latter: it follows from the permissions, and from the
// record routes' showing the record. Without View the error is ErrForbidden; a record
// that is not shown is ErrNotFound.
func (c *Client) Enter(ctx context.Context, token, id string) (Visit, error) {
	u, err := c.Authenticate(ctx, token)
	if err != nil {
		return Visit{}, err
	}
	if !u.Access().View {
		return Visit{}, &Error{Op: loadRecord.String(), Kind: ErrForbidden}
	}
	rec, err := c.LoadRecord(ctx, token, id)
	if err != nil {
		return Visit{}, err
	}
	if rec.Draft && !u.Access().Edit { // drafts are shown to editors: the role is a new one
		if u, err = c.again(ctx, token); err != nil {
			return Visit{}, err
		}
	}
	return Visit{User: u, Record: rec, Access: u.Access()}, nil
}

func (c *Client) again(ctx context.Context, token string) (User, error) {
	c.Doubt(token)
	return c.Authenticate(ctx, token)
}
