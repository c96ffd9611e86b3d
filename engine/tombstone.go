package engine

import (
	"context"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// A deleted document is a stored one of another incarnation, without content, that says so
// (snapshot.Fields.Deleted). So it is where documents are: it outlives restarts, it is in backups,
// and a node that takes the room over finds it. It costs memory only while somebody asks for it.

// Tombstone is what is left of a document that was deleted.
type Tombstone struct {
	By string    // id of the user who had it deleted; may be empty
	At time.Time // in milliseconds
}

// Deleted returns what is left of a document, if it was deleted. It needs no lease.
func (e *Engine) Deleted(ctx context.Context, key roomkey.Key) (t Tombstone, was bool, err error) {
	if r := e.roomMap.find(key); r != nil && r.filled.Load() {
		return t, false, nil
	}
	blob, rows, err := e.loadStored(ctx, key)
	d := stored.Deleted(blob, rows)
	if err != nil || d.At == 0 {
		return t, false, err
	}
	return Tombstone{By: d.By, At: time.UnixMilli(d.At)}, true, nil
}

// loadStored returns the stored state of a room, without a lease.
func (e *Engine) loadStored(
	ctx context.Context, key roomkey.Key,
) (blob []byte, rows [][]byte, err error) {
	read := e.store.Load
	if s, ok := e.store.(Reader); ok {
		read = s.Read
	}
	return read(ctx, key.String())
}

// maxTombstone is the length of the longest snapshot of a document that was deleted, in bytes.
const maxTombstone = 512 + snapshot.MaxFormer

// deletedAt returns when the document of a room was deleted, zero if it was not, and whether nobody
// has written in it. It is neither if that cannot be read. It reads only snapshots that are as
// short as those of deleted documents.
func (e *Engine) deletedAt(ctx context.Context, r StoredRoom) (at time.Time, empty bool) {
	key, err := roomkey.Parse(r.Key)
	if err != nil || r.Snapshot < 0 || r.Snapshot > maxTombstone {
		return at, false
	}
	if r := e.roomMap.find(key); r != nil && r.filled.Load() {
		return at, false
	}
	blob, rows, err := e.loadStored(ctx, key)
	if err != nil {
		return at, false
	}
	if d := stored.Deleted(blob, rows); d.At != 0 {
		at = time.UnixMilli(d.At)
	}
	_, _, empty, err = stored.Stat(blob, rows)
	return at, empty && err == nil
}

// isDeleted reports whether the document of that name was deleted: what is left of it stays.
func (e *Engine) isDeleted(ctx context.Context, name string) bool {
	catalog, ok := e.store.(Catalog)
	if !ok {
		return false
	}
	r, err := catalog.Room(ctx, name)
	if err != nil {
		return false
	}
	at, _ := e.deletedAt(ctx, r)
	return !at.IsZero()
}
