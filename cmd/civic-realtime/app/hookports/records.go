package hookports

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/civicpress/civic-realtime/codec/markdown"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist/hooks"
)

// Records implements engine.Records, and recordsync.DocumentRecords, with hooks.load and
// hooks.store. The credential of a user is the user's id. Without hooks.load documents begin empty,
// and have no revisions.
type Records struct {
	form
	client *hooks.Client
	loads  bool // there is a hooks.load
}

// NewRecords returns Records with contents of a format, in which nodes have the names of a schema.
func NewRecords(client *hooks.Client, format hooks.Format, schema markdown.Schema) *Records {
	return &Records{form{format, schema}, client, client.Config().Load != ""}
}

// HoldUpdates implements recordsync.DocumentRecords.
func (r *Records) HoldUpdates() bool { return r.format == hooks.Yjs }

// Save implements engine.Records.
func (r *Records) Save(
	ctx context.Context, room roomkey.Key, credential string,
	since engine.Revision, markdown string,
) (engine.Text, error) {
	d := engine.Draft{Credential: credential, Since: since, Markdown: markdown}
	return r.SaveDraft(ctx, room, d)
}

// SaveDraft implements recordsync.DocumentRecords. If the receiver has no ETags, the document is
// loaded first, so that it does not overwrite what another program has written.
func (r *Records) SaveDraft(
	ctx context.Context, room roomkey.Key, d engine.Draft,
) (engine.Text, error) {
	id, ok := room.Record()
	if !ok {
		return engine.Text{}, engine.ErrNoRecord
	}
	since := hooks.Revision(d.Since)
	if r.loads && since.ETag() == "" {
		if err := r.requireUnchanged(ctx, id, since); err != nil {
			return engine.Text{}, err
		}
	}
	content, err := r.contentOf(d)
	if err != nil {
		return engine.Text{}, err
	}
	stored, err := r.client.Store(ctx, hooks.Document{
		Room: id, Format: r.format, Content: content, Version: d.Version,
		Since: since, Users: usersOf(d),
	})
	switch {
	case errors.Is(err, hooks.ErrConflict) && r.loads:
		return engine.Text{}, r.changed(ctx, id, err)
	case err != nil:
		return engine.Text{}, failure(err)
	case !r.loads:
		stored = ""
	}
	return engine.Text{
		Markdown: d.Markdown, Update: d.Update,
		Revision: engine.Revision(stored), ShowsDrafts: true,
	}, nil
}

// usersOf returns the ids of the users who have written. Users without an id, which only exist in
// development mode, are left out.
func usersOf(d engine.Draft) []string {
	return slices.DeleteFunc(slices.Clone(d.Writers), func(id string) bool { return id == "" })
}

// requireUnchanged returns an error unless the receiver has the document in the state since.
func (r *Records) requireUnchanged(ctx context.Context, id string, since hooks.Revision) error {
	now, err := r.client.Load(ctx, id, r.format)
	switch {
	case errors.Is(err, hooks.ErrNotFound) && since == "":
		return nil
	case err != nil:
		return failure(err)
	case now.Revision == since, since == "" && len(now.Body) == 0:
		return nil
	}
	return r.changedTo(now)
}

// changed returns the error for a conflict that the receiver has reported.
func (r *Records) changed(ctx context.Context, id string, conflict error) error {
	now, err := r.client.Load(ctx, id, r.format)
	if errors.Is(err, hooks.ErrNotFound) {
		return conflict
	}
	if err != nil {
		return failure(err)
	}
	return r.changedTo(now)
}

func (r *Records) changedTo(now hooks.Content) error {
	text, err := r.textOf(now)
	if err != nil {
		return err
	}
	return &engine.ChangedError{Change: engine.Edited, Now: text}
}

// Fetch implements engine.Records.
func (r *Records) Fetch(ctx context.Context, room roomkey.Key, _ string) (engine.Text, error) {
	id, ok := room.Record()
	if !ok {
		return engine.Text{}, engine.ErrNoRecord
	}
	if !r.loads {
		return engine.Text{}, engine.ErrNew
	}
	c, err := r.client.Load(ctx, id, r.format)
	if errors.Is(err, hooks.ErrNotFound) {
		return engine.Text{}, fmt.Errorf("%w: %w", engine.ErrNew, err)
	}
	if err != nil {
		return engine.Text{}, failure(err)
	}
	return r.textOf(c)
}

// Change implements engine.Records.
func (r *Records) Change(since engine.Revision, now engine.Text) engine.Change {
	if since == now.Revision {
		return engine.Unchanged
	}
	return engine.Edited
}

// IsDraft implements engine.Records.
func (r *Records) IsDraft(engine.Revision) bool { return false }

// LoadSnapshot implements engine.Records. There are no snapshots.
func (r *Records) LoadSnapshot(context.Context, roomkey.Key, string) ([]byte, error) {
	return nil, nil
}

// SaveSnapshot implements engine.Records.
func (r *Records) SaveSnapshot(context.Context, roomkey.Key, string, []byte, uint64) error {
	return nil
}

// failure wraps errors about documents that are gone in the engine's errors.
func failure(err error) error {
	switch {
	case errors.Is(err, hooks.ErrGone):
		return fmt.Errorf("%w: %w", engine.ErrGone, err)
	case errors.Is(err, hooks.ErrNotFound):
		return fmt.Errorf("%w: %w", engine.ErrNoRecord, err)
	}
	return err
}
