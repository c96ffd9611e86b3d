package engine

import (
	"context"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// Document is the document of a room at a moment.
type Document struct {
	// Version is the number of updates that the room had accepted. With Incarnation it names the
	// content: the same pair stands for the same content, also after a restart.
	Version     uint64
	Incarnation uint64
	// State is one update (V1) with all of it; nil if it was not asked for. It is shared, and must
	// not be changed.
	State []byte
}

// ReadDocument returns the present document of a room, of which everything is durable. A room that
// is not loaded is read from the store, and stays unloaded. needed is called with the version and
// the incarnation, and returns whether State is needed, too: without it the document is neither
// copied nor decompressed. It may be called with a lock held, and more than once. ReadDocument
// waits for the room's lock and the store until ctx is done. Its error is ErrNoRoom if nobody has
// written anything, ErrDeleted, an ErrUnreadable, one of the store, or ctx's.
func (e *Engine) ReadDocument(
	ctx context.Context, key roomkey.Key, needed func(Document) bool,
) (d Document, err error) {
	if r := e.roomMap.find(key); r != nil {
		d, err = r.readDocument(ctx, needed)
		if err != ErrNoRoom || ctx.Err() != nil {
			return d, err
		}
	}
	return e.readStoredDocument(ctx, key, needed)
}

// readStoredDocument is ReadDocument for a room that is not loaded.
func (e *Engine) readStoredDocument(
	ctx context.Context, key roomkey.Key, needed func(Document) bool,
) (d Document, err error) {
	blob, rows, err := e.loadStored(ctx, key)
	switch {
	case err != nil:
		return d, err
	case blob == nil && len(rows) == 0:
		return d, ErrNoRoom
	case stored.Deleted(blob, rows).At != 0:
		return d, ErrDeleted
	}
	version, incarnation, empty, err := stored.Stat(blob, rows)
	if err != nil {
		return d, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	if d.Version, d.Incarnation = version, incarnation; empty {
		return d, ErrNoRoom
	}
	if !needed(d) {
		return d, nil
	}
	s, err := e.decodeStored(blob, rows)
	d.State = s.State
	return d, err
}

// reading is the result of taking a document under its room's lock.
type reading struct {
	Document
	compressed []byte // a snapshot, in the place of State; nil for none
	err        error
}

// readDocument is ReadDocument for a loaded room. Its error is ErrNoRoom, too, if the room is gone.
func (r *room) readDocument(
	ctx context.Context, needed func(Document) bool,
) (d Document, err error) {
	taken, durable := make(chan reading, 1), make(chan struct{})
	take := func() {
		t := r.takeDocument(needed)
		if t.err == nil {
			r.commit.await(r.version, durable)
		}
		taken <- t
	}
	if err := r.callLocked(ctx, take); err != nil {
		return d, err
	}
	t := reading{err: crashed}
	select {
	case t = <-taken:
	default:
	}
	if t.err == nil {
		t.err = awaitClosed(ctx, durable)
	}
	if t.err != nil {
		return d, t.err
	}
	if t.compressed == nil {
		return t.Document, nil
	}
	s, err := snapshot.Decode(t.compressed, r.e.cfg().MaxDocument)
	t.State = s.State
	return t.Document, err
}

// takeDocument returns the document as it is. mu is held.
func (r *room) takeDocument(needed func(Document) bool) (t reading) {
	t.Version, t.Incarnation = r.version, r.incarnation
	switch {
	case r.state == stateGone:
		t.err = ErrNoRoom
	case r.damage != nil:
		t.err = fmt.Errorf("%w: %w", ErrUnreadable, r.damage)
	case r.compressed.blob == nil && r.doc.Empty():
		t.err = ErrNoRoom
	case !needed(t.Document):
	case r.compressed.blob != nil:
		t.compressed = r.compressed.blob // never changed in place
	default:
		t.State = r.doc.State()
	}
	return t
}
