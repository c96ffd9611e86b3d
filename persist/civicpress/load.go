package civicpress

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"time"
)

// LoadRecord returns what the bearer of a token would edit.
func (c *Client) LoadRecord(ctx context.Context, token, id string) (Record, error) {
	return c.load(ctx, token, id, false)
}

// load does that. alive says that the session has just been found to be. Nothing is asked for
// while it is in question whether it is, and cannot be asked.
func (c *Client) load(ctx context.Context, token, id string, alive bool) (Record, error) {
	r := request{op: loadRecord, method: http.MethodGet, token: cmp.Or(token, c.cfg.Token), idempotent: true}
	if !validID(id) {
		return Record{}, r.fail(ErrNotFound, 0, nil)
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

// fetchRecord asks the API.
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

// confirmMissing returns why a record was not found: the API hides records that only have a draft
// from dead tokens too. If it is missing indeed, others are to ask for it anew.
func (c *Client) confirmMissing(ctx context.Context, token, id string, alive bool, notFound error) error {
	if !alive {
		if err := c.recheckToken(ctx, token); err != nil {
			return err
		}
	}
	c.recordCache.update(id, func(r *cachedRecord) { r.shown = nil })
	return notFound
}

// storeShown notes that a record was shown to the bearer of a token, and so to all like that.
func (c *Client) storeShown(token string, rec Record) {
	if v := c.peek(keyOf(token)); v != nil {
		c.recordCache.update(rec.ID, func(r *cachedRecord) { r.storeShown(v.class, rec.fetchedAt) })
	}
}

// forAnonymous: to people the API writes both, and "content" alone to passers-by, who
// are not shown drafts. Of a record without a text it writes neither to anybody.
func (s recordAnswer) forAnonymous() bool { return s.Markdown == nil && !s.Draft }

// checkRefused is an error if a token is known to be dead, or was answered as if it were and that cannot be asked.
func (c *Client) checkRefused(ctx context.Context, token string) error {
	s, k := &c.sessions, keyOf(token)
	s.mu.Lock()
	r, _ := s.refused.Get(k)
	_, suspect := s.suspect.Get(k)
	s.mu.Unlock()
	if err := r.holds(time.Now()); err != nil {
		c.metrics.sessionsRefused.Inc()
		return err
	}
	if suspect {
		return c.recheckToken(ctx, token)
	}
	return nil
}

// recheckToken asks whether a token is still good, and not the memory: the record routes treat
// the bearer of a dead one as a passer-by.
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
