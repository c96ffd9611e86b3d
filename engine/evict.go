package engine

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Evict unloads a room: it stores a snapshot, closes the peers with a code after which their
// clients come back, saves the draft and what else is left, and unloads the room; by names the
// administrator. Joins wait meanwhile, and load the room anew. If ctx is done before, or the first
// snapshot fails, the room stays, the joins go on, and the error says what fails. It is ErrNoRoom
// if the room is not loaded.
func (e *Engine) Evict(ctx context.Context, key roomkey.Key, by string) error {
	r := e.roomMap.find(key)
	if r == nil {
		return ErrNoRoom
	}
	if _, err := r.saveNow(ctx); err != nil {
		return fmt.Errorf("room is not evicted: snapshot: %w", err)
	}
	if err := r.evict(ctx); err != nil {
		return err
	}
	e.log.Info("room evicted", slog.String("room", r.name))
	e.cfg().Events.Publish(events.Event{Kind: events.Evicted, Room: r.name, By: by})
	return nil
}

// evict closes the peers and waits until the room is gone.
func (r *room) evict(ctx context.Context) error {
	begun := make(chan *eviction, 1)
	if err := r.callLocked(ctx, func() { begun <- r.beginEviction() }); err != nil {
		return fmt.Errorf("room is not evicted: %w", err)
	}
	v := <-begun
	select {
	case <-v.over:
	case <-ctx.Done():
		r.runLocked(func() { r.cancelEviction(v) })
		waits := strings.Join(r.info(time.Now()).Failing.Names(), ", ")
		if waits == "" {
			waits = "nothing, but it takes long"
		}
		return fmt.Errorf("room is not evicted: %w; what fails: %s", ctx.Err(), waits)
	}
	if !v.done {
		return fmt.Errorf("room is not evicted: %w", context.Canceled)
	}
	return nil
}

// beginEviction closes the peers, and makes the room unload as soon as nothing is left to be saved.
// mu is held.
func (r *room) beginEviction() *eviction {
	if r.state == stateGone {
		v := &eviction{over: make(chan struct{}), done: true}
		close(v.over)
		return v
	}
	v := r.eviction.Load()
	if v == nil {
		v = &eviction{over: make(chan struct{})}
		r.eviction.Store(v)
	}
	v.callers++
	r.closeAll(errReloaded)
	r.letGo(time.Now())
	return v
}

// cancelEviction lets people in again, when no caller waits any more. mu is held.
func (r *room) cancelEviction(v *eviction) {
	if v.callers--; v.callers > 0 || r.eviction.Load() != v {
		return
	}
	r.eviction.Store(nil)
	close(v.over)
	if len(r.peers) == 0 && r.state != stateGone {
		r.graceEnd = time.Now().Add(r.e.cfg().Grace)
		r.reschedule()
	}
}

// awaitEviction waits while the room is being evicted, and reports whether it was. It gives up the
// caller's hold of the room, which open gave it, if it waits.
func (r *room) awaitEviction(ctx context.Context) (waited bool, err error) {
	v := r.eviction.Load()
	if v == nil {
		return false, nil
	}
	r.release()
	select {
	case <-v.over:
		return true, nil
	case <-ctx.Done():
		return true, ctx.Err()
	}
}
