package civicpress

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// LoadRecord returns a record as the bearer of a token is shown it for editing.
func (c *Client) LoadRecord(ctx context.Context, token, id string) (Record, error) {
	return c.load(ctx, token, id, false)
}

// load returns a record like LoadRecord. alive is set if the session was just found to be alive.
// load does not ask for the record while the session is suspect and cannot be checked.
func (c *Client) load(ctx context.Context, token, id string, alive bool) (Record, error) {
	r := request{op: loadRecord, method: http.MethodGet, idempotent: true}
	r.token = cmp.Or(token, c.cfg().Token)
	if !validID(id) {
		return Record{}, r.op.fail(ErrNotFound)
	}
	if err := c.checkRefused(ctx, r.token); err != nil {
		return Record{}, err
	}
	r.path = "/records/" + url.PathEscape(id) + "?edit=true"
	asked := time.Now()
	s, err := c.fetchRecord(ctx, r)
	switch {
	case errors.Is(err, ErrNotFound):
		return Record{}, c.confirmMissing(ctx, r.token, id, alive, err)
	case err != nil:
		return Record{}, err
	case s.forAnonymous():
		err = c.recheckToken(ctx, r.token)
	default:
		c.storeAlive(keyOf(r.token), asked, s.Draft)
	}
	if err != nil {
		return Record{}, err
	}
	rec, err := s.record(r, id)
	if rec.fetchedAt = asked; err == nil {
		c.storeShown(r.token, rec)
	}
	return rec, err
}

// fetchRecord asks the API for a record.
func (c *Client) fetchRecord(ctx context.Context, r request) (s recordAnswer, err error) {
	data, err := c.call(ctx, r)
	if err == nil {
		err = r.decode(data, &s)
	}
	if err == nil && s.ID == "" {
		err = r.fail(ErrAnswer, http.StatusOK, errForm)
	}
	return s, err
}

// confirmMissing returns the reason that a record was not found: the API hides records that only
// have a draft from expired and revoked tokens too. If the record is missing, the cached answers
// for other users no longer hold.
func (c *Client) confirmMissing(
	ctx context.Context, token, id string, alive bool, notFound error,
) error {
	if !alive {
		if err := c.recheckToken(ctx, token); err != nil {
			return err
		}
	}
	c.recordCache.update(id, func(r *cachedRecord) { r.shown = nil })
	return notFound
}

// storeShown stores that a record was shown to the class of the bearer of a token.
func (c *Client) storeShown(token string, rec Record) {
	if v := c.peek(keyOf(token)); v != nil {
		c.recordCache.update(rec.ID, func(r *cachedRecord) { r.storeShown(v.class, rec.fetchedAt) })
	}
}

// forAnonymous reports whether the answer is the one to a request without a live session: it has
// "content", but not "markdownBody", and no draft. An answer about a record without a text has
// neither member, and counts as one.
func (s recordAnswer) forAnonymous() bool { return s.Markdown == nil && !s.Draft }

// checkRefused returns an error if a token is cached as refused, or is suspect and cannot be found
// to be alive.
func (c *Client) checkRefused(ctx context.Context, token string) error {
	s, k := &c.sessions, keyOf(token)
	s.mu.Lock()
	r, _ := s.refused.Get(k)
	_, suspect := s.suspect.Get(k)
	s.mu.Unlock()
	if err := r.Holds(time.Now()); err != nil {
		c.metrics.sessionsRefused.Inc()
		return err
	}
	if suspect {
		return c.recheckToken(ctx, token)
	}
	return nil
}

// recheckToken asks the API, and not the cache, whether a token is valid: the record routes treat
// an expired or revoked token like an anonymous request.
func (c *Client) recheckToken(ctx context.Context, token string) error {
	k, asked := keyOf(token), time.Now()
	u, err := c.fetchUser(ctx, token)
	if err == nil {
		_, err = c.storeUser(k, u, nil, asked)
	}
	if err != nil && temporary(err) {
		c.storeSuspect(k)
	}
	return err
}
