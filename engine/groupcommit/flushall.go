package groupcommit

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// ErrNotFlushed says that rooms were not flushed because their locks were held, or the store
// refused their rows.
var ErrNotFlushed = errors.New("rooms were not flushed")

// unflushed is the result of a flush of all rooms: the work that is left.
type unflushed struct {
	some    bool      // something was committed, or waits for the store
	held    int       // rooms that their own goroutines have yet to flush
	refused int       // rooms whose rows the store refuses
	why     error     // of one of the refused rows
	retryAt time.Time // when the next of them is tried again
}

// FlushAll flushes rooms without waiting for windows, until everything is committed or ctx is done.
// Run must have ended. It returns ErrNotFlushed if the store works, but locks of rooms were held,
// or rows refused, for as long as patience.
func (f *Flusher) FlushAll(ctx context.Context, rooms []Room, patience time.Duration) error {
	f.retryAt = time.Time{}
	over := time.NewTimer(patience)
	defer over.Stop()
	for {
		left := f.flushEach(rooms, time.Now())
		failing := len(f.rows) > 0
		switch {
		case left.some && !failing:
			continue
		case left.held+left.refused == 0 && !failing:
			return nil
		}
		retryAt := left.retryAt
		if failing {
			retryAt = f.retryAt
		}
		select {
		case <-ctx.Done():
			return f.notFlushed(left)
		case <-over.C:
			if !failing {
				return f.notFlushed(left)
			}
		case <-at(retryAt):
		case <-f.sched.Wake():
		}
	}
}

// at returns a channel that receives at t; never if t is zero.
func at(t time.Time) <-chan time.Time {
	if t.IsZero() {
		return nil
	}
	return time.After(time.Until(t))
}

// flushEach flushes rooms once. A row that is refused meanwhile is counted by the next call.
func (f *Flusher) flushEach(rooms []Room, now time.Time) (left unflushed) {
	free := make([]Room, 0, len(rooms)) // for flush, which may put some off, and reorders them
	for _, r := range rooms {
		closed := false
		look := func() {
			if closed = r.Closed(); closed {
				return
			}
			r.FlushNow(now)
			if why, retryAt := r.RefusedRow(); why != nil {
				left.refused, left.why = left.refused+1, why
				left.retryAt = schedule.Earliest(left.retryAt, retryAt)
			}
		}
		if r.Lock().HasDeferred() || !r.Lock().TryRun(look) {
			left.held++
			f.deferStep(r, true)
		} else if !closed {
			free = append(free, r)
		}
	}
	left.some = f.flush(free, now)
	left.held += f.deferredSteps
	return left
}

// notFlushed returns the error of a FlushAll that gives up.
func (f *Flusher) notFlushed(left unflushed) error {
	n := left.held + left.refused
	switch {
	case len(f.rows) > 0:
		return fmt.Errorf("%d rooms with updates that are not durable: %w", len(f.rows)+n, f.Failure())
	case left.refused > 0:
		return fmt.Errorf("%w: %d, the journal refuses updates of %d of them: %w",
			ErrNotFlushed, n, left.refused, left.why)
	}
	return fmt.Errorf("%w: %d were too busy", ErrNotFlushed, n)
}
