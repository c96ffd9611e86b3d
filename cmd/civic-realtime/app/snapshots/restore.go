package snapshots

import (
	"context"
	"fmt"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/engine/ydoc/revert"
	"github.com/civicpress/civic-realtime/persist"
)

// Store is a store in which records are restored.
type Store interface {
	Source
	KeepVersion(ctx context.Context, room string, v persist.Version, snapshot []byte) (
		id uint64, err error)
	Append(ctx context.Context, rows []persist.Row) error
}

// Restoration gives a room the content of a version by an edit, whatever Yjs document it is. If its
// state were replaced, clients that still hold the later content would merge that in again.
type Restoration struct {
	Room      roomkey.Key
	Version   uint64
	Algorithm snapshot.Algorithm // compresses the version that keeps the present state
}

// BeforeRestore is the reason of the version that keeps the state before a restoration.
const BeforeRestore = "before restore"

// Edit returns the update that gives a document the content of a version, nil if it has that
// already.
func (r Restoration) Edit(version, now State) (edit []byte, err error) {
	return revert.Edit(now.update(), version.update(), recordsync.IsOwnRoot, unlimited)
}

// Apply restores in the store of a stopped server. It returns the id of the version that keeps the
// state before, 0 if the room has the version's content already.
func (r Restoration) Apply(ctx context.Context, st Store) (kept uint64, err error) {
	version, err := Read(ctx, st, r.Room, r.Version)
	if err != nil {
		return 0, err
	}
	now, err := Read(ctx, st, r.Room, 0)
	if err != nil {
		return 0, err
	}
	edit, err := r.Edit(version, now)
	if err != nil || edit == nil {
		return 0, err
	}
	return r.append(ctx, st, now, yjs.Trust(edit))
}

// append stores the present state as a version, and appends the edit.
func (r Restoration) append(
	ctx context.Context, st Store, now State, edit yjs.CheckedUpdate,
) (kept uint64, err error) {
	room := r.Room.String()
	blob, err := now.Encode(r.Algorithm)
	if err != nil {
		return 0, err
	}
	before := persist.Version{Why: BeforeRestore, RestoredFrom: r.Version}
	if kept, err = st.KeepVersion(ctx, room, before, blob); err != nil {
		return 0, fmt.Errorf("the present state cannot be kept; nothing is changed: %w", err)
	}
	rows := []persist.Row{{Room: room, Data: stored.AppendRow(nil, now.Snapshot.Version+1, edit)}}
	if err := st.Append(ctx, rows); err != nil {
		return 0, err
	}
	if rows[0].Err != nil {
		return 0, rows[0].Err
	}
	return kept, nil
}
