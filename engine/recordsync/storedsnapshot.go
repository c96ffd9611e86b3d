package recordsync

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

const (
	storeSnapshotTimeout = 3 * time.Second // short, as the caller has other rooms to save
	storeSnapshotPause   = time.Minute     // after a failure
)

// StoreSnapshot stores a snapshot of a version of a room's document beside its record,
// with the credential of the peer that wrote last. It is called by one goroutine at a time.
func (s *Syncer) StoreSnapshot(
	ctx context.Context, room roomkey.Key, credential string, blob []byte, version uint64,
) {
	b := &s.snapshots
	if s.cfg().NoSnapshots || time.Now().Before(b.retryAt) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, storeSnapshotTimeout)
	defer cancel()
	if s.confirm(ctx, room.String()) != nil {
		return // another node may have the room
	}
	err := s.cfg().Records.SaveSnapshot(ctx, room, credential, blob, version)
	if err == nil {
		*b = snapshotBreaker{}
		return
	}
	s.metrics.snapshotFailures.Inc()
	b.retryAt = time.Now().Add(storeSnapshotPause)
	if !b.failing {
		b.failing = true
		s.cfg().Log.Warn("snapshot not stored beside the record",
			slog.String("room", room.String()), reason(err))
	}
}

// beginWithSnapshot begins an empty document with the snapshot that is stored beside the record, if
// there is one, as clients may have its structs. Its text stays only if its merge base is the
// record as it is now. Otherwise the text may be older, and is changed to the record's.
func (r *Record) beginWithSnapshot(ctx context.Context, a Access, now Text) bool {
	s, u, err := r.loadSnapshot(ctx, a)
	if err == nil && s.State != nil {
		err = r.restore(ctx, s, u, now)
	}
	if err != nil {
		r.s.metrics.snapshotFailures.Inc()
		r.log().Warn("snapshot beside the record is not used", reason(err))
	}
	return err == nil && s.State != nil
}

// loadSnapshot loads the snapshot and checks all of it.
func (r *Record) loadSnapshot(ctx context.Context, a Access) (
	s snapshot.Snapshot, u yjs.CheckedUpdate, err error,
) {
	blob, err := r.s.cfg().Records.LoadSnapshot(ctx, r.room.Key(), a.Credential)
	if err != nil || blob == nil {
		return s, u, err
	}
	if s, err = snapshot.Decode(blob, r.s.cfg().MaxDocument); err != nil {
		return s, u, err
	}
	if u, err = yjs.CheckUpdate(s.State); err != nil {
		return s, u, err
	}
	var doc ydoc.Doc
	out := doc.Apply(u)
	if out.Refused != nil {
		return s, u, out.Refused
	}
	if doc.PendingSize() > 0 || out.Dropped {
		return s, u, errIncomplete
	}
	return s, u, nil
}

// restore gives the document the content of a snapshot, of which u is the state.
func (r *Record) restore(
	ctx context.Context, s snapshot.Snapshot, u yjs.CheckedUpdate, now Text,
) error {
	notes := Notes{Compression: r.s.cfg().Compression}
	if err := notes.Add(s.Note, nil); err != nil {
		return err
	}
	d := docState{state: s.State, version: s.Version, base: notes.base, text: notes.text()}
	c, err := r.compare(&d, now)
	if err != nil {
		return err
	}
	b := d.base
	var update yjs.CheckedUpdate
	if current := b.known() && b.showsDrafts && now.ShowsDrafts && b.is(now.Revision); !current {
		if update, err = r.edit(&d, c.tree); err != nil {
			return err
		}
		if err := r.keepUnsaved(ctx, s, &d, &c); err != nil {
			return fmt.Errorf("keep its text: %w", err)
		}
		b.hash = hashOf(c.theirs)
	}
	change := textChange{text: d.text.current}
	if hashOf(c.theirs) == b.hash {
		change = r.changeTo(&d, c.theirs, b.hash)
	}
	r.room.Lock()
	defer r.room.Unlock()
	if r.room.Closed() || r.room.Version() > 0 {
		return nil
	}
	r.applySnapshot(s, u, update)
	r.base.generation = b.generation
	r.setBase(mergeBase{revision: now.Revision, hash: b.hash, showsDrafts: now.ShowsDrafts}, change)
	if hashOf(c.ours) != b.hash && len(update.Bytes()) == 0 {
		r.setDirty(time.Now())
	}
	r.s.metrics.restored.Inc()
	r.room.Reschedule()
	return nil
}

// keepUnsaved keeps a snapshot as a version if it has edits that the record lacks.
func (r *Record) keepUnsaved(
	ctx context.Context, s snapshot.Snapshot, d *docState, c *comparison,
) error {
	edited := !d.base.known() || hashOf(c.ours) != d.base.hash
	if !edited || c.ours == c.theirs {
		return nil
	}
	return r.keepVersion(ctx, snapshot.Snapshot{
		Version: s.Version, State: s.State, Note: s.Note, Authors: s.Authors,
	})
}

// applySnapshot makes a snapshot the document, of which u is the state, and applies an update to it
// unless that is empty. The room's lock is held.
func (r *Record) applySnapshot(s snapshot.Snapshot, u, update yjs.CheckedUpdate) {
	r.room.ApplySnapshot(u, s.Version, s.Authors)
	r.findRetired()
	if len(update.Bytes()) > 0 {
		r.room.Apply(update)
	}
}
