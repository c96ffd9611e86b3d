package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/civicpress/civic-realtime/engine/events"
)

// lockTimed takes the room's lock, which another goroutine may hold for long.
func (r *room) lockTimed() {
	if began := r.mu.LockTimed(); !began.IsZero() {
		r.e.logSlow(lockWait, r.name, began)
	}
}

// runLocked calls f with the lock held: at once, or on the room's own goroutine. A panic in f ends
// the room.
func (r *room) runLocked(f func()) {
	var ended error
	defer r.guard(&ended)
	r.mu.RunOrDefer(f)
}

// callLocked waits until the room is loaded, calls f with the lock held, and returns nil when f has
// returned. If ctx is done before that, it returns ctx's error; f may then still be running, and is
// not called later.
func (r *room) callLocked(ctx context.Context, f func()) error {
	select {
	case <-r.loaded:
	case <-ctx.Done():
		return ctx.Err()
	}
	done := make(chan error, 1)
	r.runLocked(func() {
		err := ctx.Err()
		defer func() { done <- err }()
		if err == nil {
			f()
		}
	})
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// lockOwner is a room as its lock knows it.
type lockOwner room

// Go starts the room's own goroutine.
func (o *lockOwner) Go(f func()) {
	o.e.metrics.heldLocks.Inc()
	o.e.running.Go(f)
}

// CallLocked waits for the lock and calls f. A panic in f ends the room.
func (o *lockOwner) CallLocked(f func()) {
	var ended error
	r := (*room)(o)
	defer r.guard(&ended)
	r.lockTimed()
	defer r.mu.Unlock()
	f()
}

var errCrashed = errors.New("it crashed; the log has the stack")

var crashed = &CloseError{Code: CloseInternal, Reason: "internal error"}

// guard is deferred by functions that work on a room's document, and sets their error. A panic
// there ends the room and not the process: its memory may be wrong, so none of it is saved, and the
// next join loads the durable state.
func (r *room) guard(err *error) {
	if cause := recover(); cause != nil {
		r.crash(cause)
		*err = crashed
	}
}

// crash ends the room after a panic.
func (r *room) crash(cause any) {
	r.e.metrics.crashes.Inc()
	r.e.publishFailure(events.FailedRoom, r.name, errCrashed)
	r.e.log.Error("room crashed: "+fmt.Sprint(cause),
		slog.String("room", r.name), slog.String("stack", string(debug.Stack())))
	r.mu.RunOrDefer(func() {
		if r.state == stateGone {
			return
		}
		r.abandonLocked()
		for _, p := range r.peers {
			p.close(crashed)
		}
	})
}
