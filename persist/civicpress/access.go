package civicpress

import (
	"context"
	"crypto/sha256"
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
	if err := c.refusalFor(token, id, began); err != nil {
		return Visit{}, err
	}
	v, err := c.session(ctx, token, time.Time{})
	if err != nil {
		return Visit{}, err
	}
	if !v.user.Access().View {
		err := &Error{Op: loadRecord.String(), Kind: ErrForbidden}
		c.rememberRefusal(token, id, err)
		return v.visit(began), err
	}
	return c.enterRecord(ctx, v, token, id, began)
}

func (v *vouched) visit(checked time.Time) Visit {
	if v.alive.Before(checked) {
		checked = v.alive
	}
	return Visit{User: v.copied(), Access: v.user.Access(), Checked: checked}
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

// rememberRefusal remembers that a record is not shown to the bearer of a token.
func (c *Client) rememberRefusal(token, id string, err error) {
	s, k := &c.sessions, keyOfBoth(token, id)
	s.mu.Lock()
	defer s.mu.Unlock()
	r, _ := s.refused.Get(k)
	s.refused.Add(k, r.again(err, c.cfg.NegativeTTL, c.cfg.NegativeMax/3, time.Now()))
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
