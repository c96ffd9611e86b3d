package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// errIncarnation says that a row is of another document than the room's.
var errIncarnation = errors.New("row is of another document of that name")

// MergeStored merges journal rows of a room that another node had accepted into the loaded room: as
// an update that nobody wrote, which is journaled and sent to all peers. It borrows rows. When it
// returns nil they are merged, and not durable yet; or the room is not loaded, or goes to another
// node. Its error is ctx's, or that of the first row that cannot be read or is of another
// incarnation: such a row is left out, and the others are merged. A Store must not call it from its
// own methods.
func (e *Engine) MergeStored(ctx context.Context, room string, rows [][]byte) error {
	r := e.loadedRoom(room)
	if r == nil {
		return nil
	}
	merged := make(chan error, 1)
	if err := r.callLocked(ctx, func() { merged <- r.mergeStored(rows) }); err != nil {
		return err
	}
	return <-merged
}

// mergeStored is called with mu held.
func (r *room) mergeStored(rows [][]byte) (err error) {
	if r.state == stateGone || r.frozen.flushed != nil {
		return nil
	}
	version := r.version
	for i, row := range rows {
		u, failure := r.storedUpdate(row)
		if failure == nil {
			r.adopt(u)
		} else if err == nil {
			err = fmt.Errorf("row %d of %d: %w", i+1, len(rows), failure)
		}
	}
	if r.version > version {
		r.record.Restored(time.Now())
		r.e.log.Info("updates of another node are merged", slog.String("room", r.name),
			slog.Int("updates", len(rows)))
		r.updateStats(time.Now())
	}
	return err
}

// storedUpdate returns the update of a row.
func (r *room) storedUpdate(row []byte) (u yjs.CheckedUpdate, err error) {
	_, u, err = stored.ParseRow(row)
	if err != nil {
		return u, err
	}
	_, f, _, err := stored.SplitRow(row)
	if err == nil && f.Incarnation != 0 && f.Incarnation != r.incarnation {
		err = errIncarnation
	}
	return u, err
}
