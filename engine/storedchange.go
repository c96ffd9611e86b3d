package engine

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// SavedBySnapshot reports whether DocumentStored is announced of a room's snapshots, as it is of no
// record.
func (e *Engine) SavedBySnapshot(room string) bool {
	key, err := roomkey.Parse(room)
	return err == nil && e.savedBySnapshot(key)
}

// StoredChange returns what the journal of a room shows that may not have been announced by the
// process that wrote it: the newest version of its rows. Its kind is DocumentCreated if there is no
// snapshot. ok is false if there are no rows, or only the one with the record's text.
func (e *Engine) StoredChange(
	ctx context.Context, room string,
) (n Announcement, ok bool, err error) {
	blob, rows, err := e.readRows(ctx, room)
	if err != nil {
		return n, false, err
	}
	n = Announcement{Kind: DocumentChanged, Room: room, Time: time.Now()}
	if blob == nil {
		n.Kind = DocumentCreated
	}
	for _, row := range rows {
		version, f, update, err := stored.SplitRow(row)
		if err != nil {
			return n, false, err
		}
		seed := version == 1 && f.Note != nil
		if !bytes.Equal(update, emptyUpdate) && !seed {
			n.Version = max(n.Version, version)
		}
		if f.Incarnation != 0 {
			n.Incarnation = f.Incarnation
		}
	}
	if n.Version == 0 {
		return n, false, nil
	}
	if n.Incarnation == 0 && blob != nil {
		s, err := e.decodeStored(blob, nil)
		if err != nil {
			return n, false, err
		}
		n.Incarnation = s.Incarnation
	}
	return n, true, nil
}

// readRows returns what is stored of a room, without opening it.
func (e *Engine) readRows(
	ctx context.Context, room string,
) (blob []byte, rows [][]byte, err error) {
	if reader, can := e.store.(Reader); can {
		return reader.Read(ctx, room)
	}
	return e.store.Load(ctx, room)
}

// WritersSince returns the users who wrote what the journal of a room has of the versions after
// one, as far as it says so.
func (e *Engine) WritersSince(
	ctx context.Context, room string, version uint64,
) (all []Writer, err error) {
	blob, rows, err := e.readRows(ctx, room)
	if err != nil {
		return nil, err
	}
	users, err := stored.UsersSince(blob, rows, version, e.cfg().MaxDocument)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	for _, u := range users {
		w := Writer{ID: u.ID, Name: u.Name}
		if len(all) < MaxWriters && !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	return all, nil
}
