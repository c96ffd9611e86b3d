package engine

import (
	"context"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Disown ends a room of which another node has the lease. Its peers are closed with a code after
// which their clients come back, to that node. Nothing more is merged, no draft and no snapshot is
// saved, and the room is gone when the store has all updates that were merged. Disown waits for
// that; after an error, which is ctx's, it may still come. A room that is not loaded is no error. A
// Store must not call it from its own methods.
func (e *Engine) Disown(ctx context.Context, room string) error {
	r := e.loadedRoom(room)
	if r == nil {
		return nil
	}
	select {
	case <-r.loaded:
	case <-ctx.Done():
		return ctx.Err()
	}
	flushed := make(chan (<-chan struct{}), 1)
	r.runLocked(func() {
		defer close(flushed)
		flushed <- r.disown(time.Now())
	})
	select {
	case end, ok := <-flushed:
		if !ok {
			return crashed
		}
		return awaitClosed(ctx, end)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// loadedRoom returns the room of a name; nil if it is not in memory.
func (e *Engine) loadedRoom(name string) *room {
	key, err := roomkey.Parse(name)
	if err != nil {
		return nil // no room can have that name
	}
	return e.roomMap.find(key)
}
