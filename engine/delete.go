package engine

import (
	"cmp"
	"context"
	"log/slog"
	"math"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// Delete deletes a document: everything that is stored of it is dropped, its versions too, what is
// left keeps it from being begun again, and then its peers are closed with CloseDeleted. Joins fail
// with an ErrDeleted from then on. What was deleted already is deleted completely, as after a
// crash. It returns when that is durable. Its error is ErrOfRecord, ErrNoRoom if there is no such
// document, one of the store or of the lease, or ctx's: then it may still be deleted.
func (e *Engine) Delete(ctx context.Context, key roomkey.Key, by Author) error {
	if _, is := key.Record(); is && e.cfg().Records != nil {
		return ErrOfRecord
	}
	n, end := e.begin(ctx, DocumentDeleted, key, by)
	b := &removal{refusal: errDeleted}
	b.apply = func(r *room) error { // also if ctx is done meanwhile
		d := snapshot.Deletion{At: n.Time.UnixMilli(), By: cutText(by.ID)}
		d, err := r.deleteStored(d, b.old != nil)
		switch err {
		case nil:
			end(n.deleted(Tombstone{By: d.By, At: time.UnixMilli(d.At)}))
		case ErrNoRoom:
			end()
		}
		return err
	}
	if err := e.removeRoom(ctx, key, b); err != nil {
		return err
	}
	e.metrics.deleted.Inc()
	e.log.Info("document deleted", slog.String("room", key.String()), slog.String("by", by.ID))
	e.cfg().Events.Publish(events.Event{Kind: events.Deleted, Room: key.String(), By: by.ID})
	return nil
}

// Undelete makes that a document that was deleted can be begun again: it is empty then. Clients
// that still have the deleted document, and come back, are closed with CloseDeleted. Its error is
// ErrNotDeleted, one of the store or of the lease, or ctx's.
func (e *Engine) Undelete(ctx context.Context, key roomkey.Key, by Author) error {
	b := &removal{refusal: errReloaded, apply: (*room).undeleteStored}
	if err := e.removeRoom(ctx, key, b); err != nil {
		return err
	}
	e.log.Info("document may be begun again", slog.String("room", key.String()),
		slog.String("by", by.ID))
	e.cfg().Events.Publish(events.Event{Kind: events.Undeleted, Room: key.String(), By: by.ID})
	return nil
}

// removeRoom runs a removal, after it has ended the room if that is loaded.
func (e *Engine) removeRoom(ctx context.Context, key roomkey.Key, b *removal) error {
	if err := e.keeping.exclude(ctx, key); err != nil {
		return err
	}
	defer e.keeping.include(key)
	start := func() *room {
		r := newRoom(e, key)
		r.eviction.Store(&eviction{over: make(chan struct{}), frozen: frozen{removal: b}})
		b.room, b.err = r, crashed
		e.metrics.rooms.Inc()
		e.running.Go(r.load)
		return r
	}
	b.replace = func(old *room) bool {
		b.old = old
		return e.roomMap.replace(old, start)
	}
	for b.room == nil {
		if e.draining.Load() || e.handingOver.Load() {
			return ErrDraining
		}
		old, open := e.roomMap.add(key, start)
		if !open {
			return ErrDraining
		}
		if old == nil {
			break
		}
		if err := old.makeWay(ctx, b); err != nil {
			return err
		}
	}
	if err := awaitClosed(ctx, b.room.loaded); err != nil {
		return err
	}
	return b.err
}

// makeWay ends a room for a removal, or waits until it has ended.
func (r *room) makeWay(ctx context.Context, b *removal) error {
	over := make(chan (<-chan struct{}), 1)
	if err := r.callLocked(ctx, func() {
		if b.refusal != errDeleted && r.state != stateGone {
			over <- nil
			return
		}
		over <- r.yield(b, time.Now())
	}); err != nil {
		return err
	}
	if gone := <-over; gone != nil {
		return awaitClosed(ctx, gone)
	}
	return ErrNotDeleted
}

// deleteStored replaces the stored document by one that says that it was deleted, which it returns.
// Nobody else has the room.
func (r *room) deleteStored(
	d snapshot.Deletion, loaded bool,
) (_ snapshot.Deletion, err error) {
	ctx, cancel := context.WithTimeout(r.e.loads, r.e.cfg().StoreTimeout)
	defer cancel()
	blob, rows, err := r.e.store.Load(ctx, r.name)
	if err != nil {
		return d, err
	}
	if blob == nil && len(rows) == 0 && !loaded {
		if all, err := r.e.Versions(ctx, r.key); err != nil || len(all) == 0 {
			return d, cmp.Or(err, ErrNoRoom)
		}
	}
	if was := stored.Deleted(blob, rows); was.At != 0 {
		d = was
	}
	left := stored.Leave(blob, rows, r.e.cfg().MaxDocument)
	return d, r.replaceStored(ctx, blob, rows, d, left)
}

// undeleteStored replaces what is left of a deleted document by an empty one.
func (r *room) undeleteStored() error {
	ctx, cancel := context.WithTimeout(r.e.loads, r.e.cfg().StoreTimeout)
	defer cancel()
	blob, rows, err := r.e.store.Load(ctx, r.name)
	if err != nil {
		return err
	}
	if stored.Deleted(blob, rows).At == 0 {
		return ErrNotDeleted
	}
	former := stored.FormerOf(blob, rows)
	return r.replaceStored(ctx, blob, rows, snapshot.Deletion{}, former)
}

// replaceStored replaces everything that is stored of the room by an empty document, or what is
// left of one. Its incarnation and its version are higher than those before. former has the clients
// of the documents before it.
func (r *room) replaceStored(
	ctx context.Context, blob []byte, rows [][]byte, d snapshot.Deletion, former stored.Former,
) error {
	version, incarnation, _, _ := stored.Stat(blob, rows)
	s := snapshot.Snapshot{
		Version: version + 1, State: emptyUpdate, Deleted: d, Former: former.Append(nil),
	}
	s.Incarnation = snapshot.LaterIncarnation(time.Now().UnixMilli(), incarnation)
	blob, err := snapshot.Append(nil, s, snapshot.Raw)
	if err != nil {
		return err
	}
	if to, ok := r.e.store.(Replacer); ok {
		return to.Replace(ctx, r.name, blob)
	}
	if err := r.e.store.SaveSnapshot(ctx, r.name, blob, math.MaxUint64); err != nil {
		return err
	}
	return r.e.deleteVersions(ctx, r.key)
}

// deleteVersions deletes all versions of a document.
func (e *Engine) deleteVersions(ctx context.Context, key roomkey.Key) error {
	to, ok := e.store.(VersionEditor)
	if !ok {
		return nil
	}
	all, err := e.Versions(ctx, key)
	for _, v := range all {
		if err == nil {
			err = to.DeleteVersion(ctx, key.String(), v.ID)
		}
	}
	return err
}
