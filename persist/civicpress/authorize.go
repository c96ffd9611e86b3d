package civicpress

import (
	"context"
	"crypto/sha256"
	"time"
)

// Authorization is what there is to know when somebody opens a record, or is there still.
type Authorization struct {
	User   User
	Access Access
	// Record is what the person is shown, if Loaded; else it is only known that something is.
	Record Record
	Loaded bool
	// Whole: Record is all that an editor would be shown.
	ShowsDrafts bool
	// Checked is as of when the session was known to be alive. It is earlier where the record has
	// to be asked for earlier than Config.PositiveTTL after that.
	Checked time.Time
}

// Authorize finds out who the bearer of a token is and what they may do with a record.
// No route of the API says the latter: it follows from the permissions, and from the
// record routes' showing the record, to this person or to another of the same role.
// Without View the error is ErrForbidden; a record that is not shown is ErrNotFound.
// With an error there are User and Access all the same if these are known.
//
// Refusals are remembered (Config.NegativeTTL), and so is whether a session is alive
// (Config.PositiveTTL) and a record shown (twice that). Where the former has to be asked and what the person may
// do is known, the record is asked for, as the answer shows whether the session is alive.
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
		err := &Error{Op: loadRecord.String(), Kind: ErrForbidden}
		c.refuseRecord(token, id, err)
		return v.authorization(began), err
	}
	return c.authorizeRecord(ctx, v, token, id, began)
}

func (v *session) authorization(checked time.Time) Authorization {
	if v.aliveAt.Before(checked) {
		checked = v.aliveAt
	}
	return Authorization{User: v.userCopy(), Access: v.user.Access(), Checked: checked}
}

// refusalFor returns the answer that a token has had about a record, if that was a refusal and is remembered.
func (c *Client) refusalFor(token, id string, now time.Time) error {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	r, _ := s.refused.Get(keyOfBoth(token, id))
	if r.holds(now) == nil {
		return nil
	}
	c.metrics.recordsRefused.Inc()
	return r.err
}

// refuseRecord remembers that a record is not shown to the bearer of a token.
func (c *Client) refuseRecord(token, id string, err error) {
	s, k := &c.sessions, keyOfBoth(token, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	r, _ := s.refused.Get(k)
	s.refused.Add(k, r.next(err, c.cfg.NegativeTTL, c.cfg.NegativeMax/3, time.Now()))
}

// forgetRefusal forgets that.
func (c *Client) forgetRefusal(token, id string) {
	s := &c.sessions
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused.Remove(keyOfBoth(token, id))
}

// keyOfBoth stands for a token and a record. Neither has a line end in it.
func keyOfBoth(token, id string) key { return sha256.Sum256([]byte(token + "\n" + id)) }
