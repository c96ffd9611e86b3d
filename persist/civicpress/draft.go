package civicpress

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// ChangedError says that a record is no longer what a draft was based on. It is an
// ErrChanged.
type ChangedError struct {
	Change Change
	Now    Record // what to merge with, and base the next attempt on
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("civicpress: save draft: %v: %v", ErrChanged, e.Change)
}

func (e *ChangedError) Unwrap() error { return ErrChanged }

// SaveDraft saves a text as a record's draft, in the name of the bearer of a token,
// and returns the record as it is then, whose Mark the next draft is based on.
//
// base is what the text goes back to. Drafts have no version, so the record is loaded
// first, and if it is something else by now, in a draft of somebody's or by being
// published, nothing is saved and the error is a *ChangedError. Between the two calls
// there is a gap, of milliseconds, that the API leaves no way to close. Nothing is
// written either when that text is there already. Without a base, the zero Mark, a
// draft with another text is somebody's, and one is begun only where there is none.
//
// ErrForbidden has two reasons: the person may not edit, or may edit and not create
// (RecordsCreate) and there is no draft yet. Another editor's token may do. Drafts are
// hidden from who may not edit, so that a draft seems to be gone is believed of
// somebody only who is known to be an editor still. So is that the record is, which is an
// ErrGone.
func (c *Client) SaveDraft(ctx context.Context, token, id string, base Revision, markdown string) (Record, error) {
	began := time.Now()
	saved, err := c.saveDraft(ctx, token, id, base, markdown)
	return saved, c.confirmGone(ctx, token, began, err)
}

func (c *Client) saveDraft(ctx context.Context, token, id string, base Revision, markdown string) (Record, error) {
	if err := c.awaitSettled(id); err != nil {
		return Record{}, err
	}
	now, err := c.LoadRecord(ctx, token, id)
	if err != nil {
		return Record{}, err
	}
	if now.Markdown == markdown {
		return now, c.requireEditor(ctx, token, now)
	}
	if err := c.requireUnchanged(ctx, token, base, now); err != nil {
		return Record{}, err
	}
	saved, err := c.putDraft(ctx, token, now, markdown)
	switch {
	case errors.Is(err, ErrForbidden):
		c.Invalidate(token) // perhaps the role has changed
	case errors.Is(err, ErrRejected) && now.Draft:
		return Record{}, c.draftVanished(ctx, token, now, err)
	}
	return saved, err
}

// requireUnchanged is an error if a record is not what a text goes back to.
func (c *Client) requireUnchanged(ctx context.Context, token string, base Revision, now Record) error {
	change := Compare(base, now.Revision())
	if !change.changesText() {
		return nil
	}
	if err := c.requireEditor(ctx, token, now); err != nil {
		return err
	}
	return &ChangedError{change, now}
}

// requireEditor is an error unless a record that was loaded was shown to an editor.
func (c *Client) requireEditor(ctx context.Context, token string, now Record) error {
	whole, err := c.showsDrafts(ctx, token, now, now.fetchedAt)
	if err == nil && !whole {
		err = &Error{Op: saveDraft.String(), Kind: ErrForbidden}
	}
	return err
}

// draft is what is sent. Of a draft that is there already only the text: the rest
// may have been edited meanwhile.
type draft struct {
	Markdown string `json:"markdownBody"`
	Title    string `json:"title,omitempty"`
	Type     string `json:"type,omitempty"`
	Status   string `json:"status,omitempty"`
	draftFields
}

func (c *Client) putDraft(ctx context.Context, token string, now Record, markdown string) (Record, error) {
	d := draft{Markdown: markdown}
	if !now.Draft {
		d.Title, d.Type, d.Status, d.draftFields = now.Title, now.Type, now.Status, now.rest.given()
	}
	body, err := encode(d)
	if err != nil {
		return Record{}, err
	}
	r := request{op: saveDraft, method: http.MethodPut, path: "/records/" + url.PathEscape(now.ID) + "/draft", token: token, body: body, idempotent: true}
	asked := time.Now()
	data, err := c.call(ctx, r)
	if err != nil {
		return Record{}, err
	}
	var s recordAnswer
	if err := r.decode(data, &s); err != nil {
		return Record{}, err
	}
	s.Draft = true
	saved, err := s.record(r, now.ID)
	saved.fetchedAt = asked
	c.storeSaved(token, saved)
	return saved, err
}

// storeSaved notes what a draft that was saved shows: its author is an editor still, and it is what editors are shown.
func (c *Client) storeSaved(token string, rec Record) {
	k := keyOf(cmp.Or(token, c.cfg.Token))
	c.storeAlive(k, rec.fetchedAt, true)
	v := c.peek(k)
	c.recordCache.update(rec.ID, func(r *cachedRecord) {
		r.complete = rec.Revision()
		if v != nil {
			r.storeShown(v.class, rec.fetchedAt)
		}
	})
}

// encode does not blow up markup as json.Marshal does.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// given leaves out nulls, which the API does not take for missing.
func (d draftFields) given() draftFields {
	for _, field := range []*json.RawMessage{&d.Workflow, &d.Metadata, &d.Place, &d.Files, &d.Links, &d.Places} {
		if string(*field) == "null" {
			*field = nil
		}
	}
	return d
}

// draftVanished finds out whether a text was rejected because its draft is gone: then the
// API wants a title and a type, for a new one, which would bring back what was
// published or thrown away.
func (c *Client) draftVanished(ctx context.Context, token string, before Record, rejected error) error {
	now, err := c.LoadRecord(ctx, token, before.ID)
	if err != nil {
		return err
	}
	if err := c.requireUnchanged(ctx, token, before.Revision(), now); err != nil {
		return err
	}
	return rejected
}
