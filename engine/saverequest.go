package engine

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// longAgo is before all times at which anything is due.
var longAgo = time.Unix(0, 0)

// saveRequestDue returns when the requested snapshot is due: at once, unless updates are on their
// way to the journal, or the saver has the room. It is zero if none is requested.
func (r *room) saveRequestDue() time.Time {
	if r.saving.request == nil || r.saving.queued || !r.clean() || r.isDisowned() {
		return time.Time{}
	}
	return longAgo
}

// takeSaveRequest passes the request to the saver with the state that is being taken. mu is held.
func (r *room) takeSaveRequest() *saveRequest {
	q := r.saving.request
	if r.saving.request = nil; q != nil {
		q.version = r.version
	}
	return q
}

// Snapshot stores a snapshot of a loaded room now, unless the newest has everything, and returns
// the version that the newest has then; by names the administrator. It waits until ctx is done,
// and first until updates that were merged before are durable. Its error is ErrNoRoom if the room
// is not loaded, ctx's, or one of the store.
func (e *Engine) Snapshot(ctx context.Context, key roomkey.Key, by string) (uint64, error) {
	r := e.roomMap.find(key)
	if r == nil {
		return 0, ErrNoRoom
	}
	version, err := r.saveNow(ctx)
	if err != nil {
		return 0, fmt.Errorf("snapshot: %w", err)
	}
	e.log.Info("snapshot stored for an administrator", slog.String("room", r.name))
	e.cfg().Events.Publish(events.Event{Kind: events.Saved, Room: r.name, By: by})
	return version, nil
}

// saveNow requests a snapshot and waits for it.
func (r *room) saveNow(ctx context.Context) (version uint64, err error) {
	requested := make(chan *saveRequest, 1)
	if err := r.callLocked(ctx, func() { requested <- r.requestSave() }); err != nil {
		return 0, err
	}
	q := <-requested
	if q == nil {
		return 0, ErrNoRoom
	}
	select {
	case <-q.done:
		return q.version, q.err
	case <-ctx.Done():
		return 0, ctx.Err()
	}
}

// requestSave requests a snapshot; nil if the room is gone. mu is held.
func (r *room) requestSave() *saveRequest {
	if r.state == stateGone {
		return nil
	}
	if r.saving.request == nil {
		r.saving.request = &saveRequest{done: make(chan struct{})}
		r.reschedule()
	}
	return r.saving.request
}
