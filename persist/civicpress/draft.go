package civicpress

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/civicpress/civic-realtime/persist/httpcall"
)

// ChangedError is the error of a draft whose record is no longer the one it was based on. It is an
// ErrChanged.
type ChangedError struct {
	Change Change
	Now    Record // to merge with, and to base the next draft on
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("civicpress: save draft: %v: %v", ErrChanged, e.Change)
}

func (e *ChangedError) Unwrap() error { return ErrChanged }

// SaveDraft saves a text as a record's draft, as the bearer of a token, and returns the record as
// it is then, whose Revision is the base of the next draft.
//
// base is the revision that the text was made from. Drafts have no version, so the record is loaded
// first, and if its state is another by now, as another draft was saved or it was published,
// nothing is saved and the error is a *ChangedError. A change in the milliseconds between the two
// calls is not detected: the API has no means for that. Nothing is written if the draft has that
// text already. With the zero Revision for a base any draft with another text is a change, and a
// draft is only begun if there is none.
//
// ErrForbidden has two reasons: the user may not edit, or may edit but not create (RecordsCreate)
// and there is no draft yet. The token of another editor may have that right. Drafts are hidden
// from users who may not edit, so a draft, or the record, counts as gone only if the user is known
// to be an editor still. If the record is gone the error is an ErrGone.
func (c *Client) SaveDraft(
	ctx context.Context, token, id string, base Revision, markdown string,
) (Record, error) {
	began := time.Now()
	saved, err := c.saveDraft(ctx, token, id, base, markdown)
	return saved, c.confirmGone(ctx, token, began, err)
}

func (c *Client) saveDraft(
	ctx context.Context, token, id string, base Revision, markdown string,
) (Record, error) {
	if err := c.retryLater(id); err != nil {
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
		c.Invalidate(token) // the rights may have changed
	case errors.Is(err, ErrRejected) && now.Draft:
		return Record{}, c.draftVanished(ctx, token, now, err)
	}
	return saved, err
}

// requireUnchanged returns an error unless a record is in the state that a text is based on.
func (c *Client) requireUnchanged(
	ctx context.Context, token string, base Revision, now Record,
) error {
	change := Compare(base, now.Revision())
	if !change.changesText() {
		return nil
	}
	if err := c.requireEditor(ctx, token, now); err != nil {
		return err
	}
	return &ChangedError{change, now}
}

// requireEditor returns an error unless a record was loaded by an editor.
func (c *Client) requireEditor(ctx context.Context, token string, now Record) error {
	editor, err := c.showsDrafts(ctx, token, now, now.fetchedAt)
	if err == nil && !editor {
		err = saveDraft.fail(ErrForbidden)
	}
	return err
}

// draft is the body of a request to save a draft. For a draft that exists it has the text only: the
// other members may have been edited meanwhile.
type draft struct {
	Markdown string `json:"markdownBody"`
	Title    string `json:"title,omitempty"`
	Type     string `json:"type,omitempty"`
	Status   string `json:"status,omitempty"`
	draftFields
}

func (c *Client) putDraft(
	ctx context.Context, token string, now Record, markdown string,
) (Record, error) {
	d := draft{Markdown: markdown}
	if !now.Draft {
		d.Title, d.Type, d.Status, d.draftFields = now.Title, now.Type, now.Status, now.rest.given()
	}
	body, err := httpcall.Encode(d)
	if err != nil {
		return Record{}, err
	}
	path := "/records/" + url.PathEscape(now.ID) + "/draft"
	r := request{op: saveDraft, method: http.MethodPut, path: path, token: token, body: body}
	r.idempotent = true
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

// storeSaved caches two facts that a saved draft proves: its author is an editor, and editors are
// shown its text.
func (c *Client) storeSaved(token string, rec Record) {
	k := keyOf(cmp.Or(token, c.cfg().Token))
	c.storeAlive(k, rec.fetchedAt, true)
	v := c.peek(k)
	c.recordCache.update(rec.ID, func(r *cachedRecord) {
		r.complete = rec.Revision()
		if v != nil {
			r.storeShown(v.class, rec.fetchedAt)
		}
	})
}

// given returns d without nulls, which the API does not treat as missing.
func (d draftFields) given() draftFields {
	fields := []*json.RawMessage{&d.Workflow, &d.Metadata, &d.Place, &d.Files, &d.Links, &d.Places}
	for _, field := range fields {
		if string(*field) == "null" {
			*field = nil
		}
	}
	return d
}

// draftVanished returns the reason that a text was rejected: its draft may be gone. Then the API
// wants a title and a type, for a new draft, which would bring back a text that was published or
// discarded.
func (c *Client) draftVanished(
	ctx context.Context, token string, before Record, rejected error,
) error {
	now, err := c.LoadRecord(ctx, token, before.ID)
	if err != nil {
		return err
	}
	if err := c.requireUnchanged(ctx, token, before.Revision(), now); err != nil {
		return err
	}
	return rejected
}
