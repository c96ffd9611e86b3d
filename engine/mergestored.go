package engine

import (
	"cmp"
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
// updates that no peer sent, which are journaled and sent to all peers; they keep their authors. It
// borrows rows. It returns nil when everything in them is durable. Its error is ctx's; ErrNoRoom if
// the room is not loaded; one that says that it goes to another node, or has crashed; or that of
// the first row that cannot be read or is of another incarnation: such a row is left out, and the
// others are merged. A Store must not call it from its own methods.
func (e *Engine) MergeStored(ctx context.Context, room string, rows [][]byte) error {
	r := e.loadedRoom(room)
	if r == nil {
		return ErrNoRoom
	}
	merged, durable := make(chan error, 1), make(chan struct{})
	if err := r.callLocked(ctx, func() { merged <- r.mergeStored(rows, durable) }); err != nil {
		return err
	}
	err := error(crashed)
	select {
	case err = <-merged:
	default:
	}
	if err == errMoved || err == ErrNoRoom || err == crashed {
		return err
	}
	return cmp.Or(err, awaitClosed(ctx, durable))
}

// mergeStored merges rows, and makes durable be closed when they are durable. mu is held.
func (r *room) mergeStored(rows [][]byte, durable chan<- struct{}) (err error) {
	switch {
	case r.state == stateGone:
		return ErrNoRoom
	case r.isFrozen():
		return errMoved
	}
	defer func() { r.commit.await(r.version, durable) }()
	if err := r.decompress(); err != nil {
		return err
	}
	version, replay := r.version, r.authors.ReplayOther()
	for i, row := range rows {
		u, form, failure := r.storedUpdate(row)
		if failure == nil {
			r.adoptRow(u, form, replay)
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

// storedUpdate returns the update of a row, and the form of its authors.
func (r *room) storedUpdate(row []byte) (u yjs.CheckedUpdate, form []byte, err error) {
	_, u, err = stored.ParseRow(row)
	if err != nil {
		return u, nil, err
	}
	_, f, _, err := stored.SplitRow(row)
	if err == nil && f.Incarnation != 0 && f.Incarnation != r.incarnation {
		err = errIncarnation
	}
	return u, f.Authors, err
}
