package app

import (
	"context"
	"errors"
	"fmt"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/persist/civicpress"
)

// records implements the engine's Records with CivicPress' API. The credential "" stands for the
// configured token.
//
// If the revision that a text was made from is unknown, a draft with another text counts as
// changed; if there is no draft, nothing can be overwritten.
type records struct{ client *civicpress.Client }

// Save implements engine.Records.
func (r records) Save(
	ctx context.Context, room roomkey.Key, credential string,
	since engine.Revision, markdown string,
) (engine.Text, error) {
	id, ok := room.Record()
	if !ok {
		return engine.Text{}, engine.ErrNoRecord
	}
	saved, err := r.client.SaveDraft(ctx, credential, id, revisionOf(since), markdown)
	var changed *civicpress.ChangedError
	switch {
	case errors.As(err, &changed):
		now := *textOf(changed.Now, true)
		return engine.Text{}, &engine.ChangedError{Change: changes[changed.Change], Now: now}
	case err != nil:
		return engine.Text{}, failure(err)
	}
	return *textOf(saved, true), nil
}

// Fetch implements engine.Records.
func (r records) Fetch(
	ctx context.Context, room roomkey.Key, credential string,
) (engine.Text, error) {
	id, ok := room.Record()
	if !ok {
		return engine.Text{}, engine.ErrNoRecord
	}
	rec, whole, err := r.client.LoadVerified(ctx, credential, id)
	if err != nil {
		return engine.Text{}, failure(err)
	}
	return *textOf(rec, whole), nil
}

// Change implements engine.Records.
func (records) Change(since engine.Revision, now engine.Text) engine.Change {
	return changes[civicpress.Compare(revisionOf(since), revisionOf(now.Revision))]
}

// IsDraft implements engine.Records.
func (records) IsDraft(revision engine.Revision) bool { return revisionOf(revision).IsDraft() }

// LoadSnapshot implements engine.Records.
func (r records) LoadSnapshot(
	ctx context.Context, room roomkey.Key, credential string,
) ([]byte, error) {
	id, ok := room.Record()
	if !ok {
		return nil, engine.ErrNoRecord
	}
	s, err := r.client.LoadSnapshot(ctx, credential, id)
	if err != nil || len(s.Blob) == 0 {
		return nil, snapshotFailure(err)
	}
	return s.Blob, nil
}

// SaveSnapshot implements engine.Records.
func (r records) SaveSnapshot(
	ctx context.Context, room roomkey.Key, credential string, snapshot []byte, version uint64,
) error {
	id, ok := room.Record()
	if !ok {
		return engine.ErrNoRecord
	}
	return snapshotFailure(r.client.SaveSnapshot(ctx, credential, id, snapshot, version))
}

// snapshotFailure returns the error of a call for a snapshot, nil if there is no snapshot.
func snapshotFailure(err error) error {
	if errors.Is(err, civicpress.ErrNoSnapshot) || errors.Is(err, civicpress.ErrUnsupported) {
		return nil
	}
	return failure(err)
}

// failure wraps errors about the credential, and about records that are gone, in the engine's
// errors.
func failure(err error) error {
	if errors.Is(err, civicpress.ErrGone) {
		return fmt.Errorf("%w: %w", engine.ErrGone, err)
	}
	if errors.Is(err, civicpress.ErrUnauthorized) || errors.Is(err, civicpress.ErrForbidden) {
		return fmt.Errorf("%w: %w", engine.ErrCredential, err)
	}
	return err
}

var changes = map[civicpress.Change]engine.Change{
	civicpress.Unchanged: engine.Unchanged,
	civicpress.Edited:    engine.Edited,
	civicpress.Published: engine.Published,
	civicpress.Discarded: engine.Discarded,
	civicpress.Touched:   engine.Touched,
}

func textOf(r civicpress.Record, whole bool) *engine.Text {
	return &engine.Text{
		Markdown:    r.Markdown,
		Title:       r.Title,
		Revision:    engine.Revision(r.Revision().String()),
		ShowsDrafts: whole,
		Draft:       r.Draft,
		FetchedAt:   r.FetchedAt(),
	}
}

// revisionOf parses a revision. It returns the zero revision, which stands for an unknown one, for
// an invalid one.
func revisionOf(r engine.Revision) civicpress.Revision {
	revision, _ := civicpress.ParseRevision(string(r))
	return revision
}
