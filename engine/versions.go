package engine

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc/revert"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

// Versions lists the versions of a room that the store keeps, the oldest first.
func (e *Engine) Versions(ctx context.Context, key roomkey.Key) ([]Version, error) {
	if s, ok := e.store.(Catalog); ok {
		return s.Versions(ctx, key.String())
	}
	return nil, nil
}

// ReadVersion returns the document of a version of a room or, with id 0, its present one: that of
// the loaded room, else the stored one. It waits for the room's lock and the store until ctx is
// done. Its error is ErrNoVersion, ErrNoRoom, ErrDeleted, ErrUnreadable, or one of the store.
func (e *Engine) ReadVersion(
	ctx context.Context, key roomkey.Key, id uint64,
) (s snapshot.Snapshot, err error) {
	if id != 0 {
		return e.storedVersion(ctx, key, id)
	}
	if r := e.roomMap.find(key); r != nil {
		if s, err = r.present(ctx); err != ErrNoRoom {
			return s, err
		}
	}
	blob, rows, err := e.loadStored(ctx, key)
	switch {
	case err != nil:
	case blob == nil && len(rows) == 0:
		err = ErrNoRoom
	case stored.Deleted(blob, rows).At != 0:
		err = ErrDeleted
	}
	if err != nil {
		return s, err
	}
	return e.decodeStored(blob, rows)
}

// decodeStored returns a stored document. Its error is an ErrUnreadable, without text of it.
func (e *Engine) decodeStored(blob []byte, rows [][]byte) (s snapshot.Snapshot, err error) {
	if s, err = stored.Read(blob, rows, e.cfg().MaxDocument); err != nil {
		err = fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return s, err
}

func (e *Engine) storedVersion(
	ctx context.Context, key roomkey.Key, id uint64,
) (s snapshot.Snapshot, err error) {
	from, ok := e.store.(VersionReader)
	if !ok {
		return s, ErrNoVersion
	}
	all, err := e.Versions(ctx, key)
	if err != nil {
		return s, err
	}
	if !slices.ContainsFunc(all, func(v Version) bool { return v.ID == id }) {
		return s, ErrNoVersion
	}
	blob, err := from.Version(ctx, key.String(), id)
	if err != nil {
		return s, e.versionError(err) // it may have been deleted meanwhile
	}
	return e.decodeStored(blob, nil)
}

// present returns a copy of the room's document. Its error is ErrNoRoom if the room is gone.
func (r *room) present(ctx context.Context) (s snapshot.Snapshot, err error) {
	found := make(chan snapshot.Snapshot, 1)
	var compressed []byte
	failed := make(chan error, 1)
	if err := r.callLocked(ctx, func() {
		compressed = r.compressed.blob // never changed in place
		if compressed == nil {
			found <- snapshot.Snapshot{
				Version: r.version, State: r.doc.AppendState(nil), Incarnation: r.incarnation,
				Authors: r.authorsForm(),
			}
		}
		if r.state == stateGone {
			failed <- ErrNoRoom // the document is not the room's any more
			return
		}
		failed <- r.damage
	}); err != nil {
		return s, err
	}
	if err := <-failed; err == ErrNoRoom {
		return s, err
	} else if err != nil {
		return s, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if compressed != nil {
		return snapshot.Decode(compressed, r.e.cfg().MaxDocument)
	}
	return <-found, nil
}

// RestoreVersion gives the document of a room the content of a version, whatever Yjs document it
// is, by an edit that all peers are sent. Text that is written while the edit is made stays. The
// document before is kept as a version, whose id is returned; 0 if the document has that content
// already. It returns when the edit is durable, or ctx is done. Its error is ErrNoVersion,
// ErrRestoreLarge, view.ErrBudget if the document is too expensive to read, one of the store, or
// ctx's: then the edit may be made.
func (e *Engine) RestoreVersion(
	ctx context.Context, key roomkey.Key, id uint64, by Author,
) (kept uint64, err error) {
	then, err := e.storedVersion(ctx, key, id)
	if err != nil {
		return 0, err
	}
	return e.restore(ctx, key, restoration{then: then, id: id, by: by})
}

// RestoreVersionAs is RestoreVersion for a user who may do no more than other users: its error is
// also a *CloseError if the user is kept out, ErrLocked, or ErrEditingOff.
func (e *Engine) RestoreVersionAs(
	ctx context.Context, key roomkey.Key, id uint64, by Author,
) (kept uint64, err error) {
	if err := e.KeptOut(by.ID, key); err != nil {
		return 0, err
	}
	then, err := e.storedVersion(ctx, key, id)
	if err != nil {
		return 0, err
	}
	return e.restore(ctx, key, restoration{then: then, id: id, by: by, asUser: true})
}

// RestoreSnapshot is RestoreVersion with the snapshot of a version that another store has, under
// that id. Its error may be an ErrUnreadable.
func (e *Engine) RestoreSnapshot(
	ctx context.Context, key roomkey.Key, blob []byte, id uint64, by Author,
) (kept uint64, err error) {
	then, err := e.decodeStored(blob, nil)
	if err != nil {
		return 0, err
	}
	return e.restore(ctx, key, restoration{then: then, id: id, by: by})
}

// RestoreSnapshotAs is RestoreSnapshot for a user, as RestoreVersionAs is RestoreVersion.
func (e *Engine) RestoreSnapshotAs(
	ctx context.Context, key roomkey.Key, blob []byte, id uint64, by Author,
) (kept uint64, err error) {
	if err := e.KeptOut(by.ID, key); err != nil {
		return 0, err
	}
	then, err := e.decodeStored(blob, nil)
	if err != nil {
		return 0, err
	}
	return e.restore(ctx, key, restoration{then: then, id: id, by: by, asUser: true})
}

// restoration gives the document of a room the content of another.
type restoration struct {
	then   snapshot.Snapshot // the other document
	id     uint64            // of the version that it is
	by     Author
	asUser bool // it is refused where users may not write
}

// restore makes a restoration.
func (e *Engine) restore(
	ctx context.Context, key roomkey.Key, to restoration,
) (kept uint64, err error) {
	if err := e.keeping.begin(key); err != nil {
		return 0, err
	}
	defer e.keeping.end(key)
	r, err := e.open(ctx, key)
	if err != nil {
		return 0, err
	}
	defer r.release()
	refused := make(chan error, 1)
	err = r.callLocked(ctx, func() { refused <- r.mayRestore(to) })
	if err == nil {
		err = firstOf(refused)
	}
	if err != nil {
		return 0, err
	}
	now, err := r.present(ctx)
	if err != nil {
		return 0, err
	}
	edit, err := revert.Edit(yjs.Trust(now.State), yjs.Trust(to.then.State), recordsync.IsOwnRoot,
		view.MaxSteps(e.cfg().IntegrationSteps))
	if err != nil || edit == nil {
		return 0, err
	}
	before := versionBy(to.by)
	before.Why, before.RestoredFrom = beforeRestore, to.id
	if before, err = e.keepVersion(ctx, key, now, before); err != nil {
		return 0, fmt.Errorf("the present document cannot be kept; nothing is changed: %w", err)
	}
	kept = before.ID
	if err := r.applyRestoration(ctx, yjs.Trust(edit), to); err != nil {
		return kept, err
	}
	e.log.Info("version restored", slog.String("room", key.String()),
		slog.Uint64("version", to.id), slog.Uint64("kept", kept), slog.String("by", to.by.ID))
	e.cfg().Events.Publish(events.Event{
		Kind: events.Restored, Room: key.String(), By: to.by.ID, Version: to.id,
	})
	return kept, nil
}

// firstOf returns the error that a function has sent that was called with the room's lock held.
func firstOf(sent <-chan error) error {
	select {
	case err := <-sent:
		return err
	default:
		return crashed
	}
}

// mayRestore returns why a restoration is refused; nil if it is not. mu is held.
func (r *room) mayRestore(to restoration) error {
	if !to.asUser {
		return nil
	}
	if reason := r.checkWriter(new(Peer)); reason != nil {
		r.e.metrics.denied(reason)
		return reason
	}
	return nil
}

// applyRestoration merges the edit of a restoration, and returns when it is durable.
func (r *room) applyRestoration(
	ctx context.Context, edit yjs.CheckedUpdate, to restoration,
) error {
	merged, durable := make(chan error, 1), make(chan struct{})
	merge := func() { merged <- r.mergeRestoration(edit, to, durable) }
	if err := r.callLocked(ctx, merge); err != nil {
		return err
	}
	if err := firstOf(merged); err != nil {
		return err
	}
	select {
	case <-durable:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// mergeRestoration merges the edit of a restoration, and makes durable be closed when it is
// durable. mu is held.
func (r *room) mergeRestoration(
	edit yjs.CheckedUpdate, to restoration, durable chan<- struct{},
) error {
	switch {
	case r.state == stateGone:
		return ErrNoRoom
	case r.isFrozen():
		return errMoved
	}
	if err := r.mayRestore(to); err != nil {
		return err
	}
	if err := r.decompress(); err != nil {
		return err
	}
	if r.doc.Size()+len(edit.Bytes()) > r.e.cfg().DocumentBytes && edit.HasStructs() {
		return ErrRestoreLarge
	}
	r.adopt(edit, to.by)
	r.record.Restored(time.Now())
	r.commit.await(r.version, durable)
	r.notify(protocol.Info, "An earlier version of this text was restored; "+
		"what it said before is kept as a version")
	r.updateStats(time.Now())
	return nil
}
