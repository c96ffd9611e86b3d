package engine

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// heldPatience is how long Drain waits for rooms that cannot be flushed before it looks after
// the others, and comes back to these.
const heldPatience = 250 * time.Millisecond

// errNotFlushed says that the locks of rooms were held, or that the store refused their rows.
var errNotFlushed = errors.New("rooms were not flushed")

// unflushed is what a last flush has left.
type unflushed struct {
	some    bool      // something was committed, or should have been
	held    int       // rooms that their own goroutines have yet to flush
	refused int       // rooms whose rows the store refuses
	why     error     // of one of these
	retryAt time.Time // when the next of them is tried again
}

// last flushes rooms without waiting for windows until all is committed, or ctx is done.
// Its error is errNotFlushed when the store works, and rooms were left behind after longest
// whose locks were held or whose rows were refused.
func (f *flusher) last(ctx context.Context, rooms []*room, longest time.Duration) error {
	f.retryAt = time.Time{}
	for _, r := range rooms {
		r.runLocked(func() { r.commit.refused.hasten(time.Now()) })
	}
	patience := time.NewTimer(longest)
	defer patience.Stop()
	for {
		left := f.lastOf(rooms, time.Now())
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
			return f.leftBehind(left)
		case <-patience.C:
			if !failing {
				return f.leftBehind(left)
			}
		case <-at(retryAt):
		case <-f.e.sched.wake:
		}
	}
}

// at returns a channel that receives at t, never if t is zero.
func at(t time.Time) <-chan time.Time {
	if t.IsZero() {
		return nil
	}
	return time.After(time.Until(t))
}

// lastOf flushes rooms. A row that is refused in it counts in the next.
func (f *flusher) lastOf(rooms []*room, now time.Time) (left unflushed) {
	free := make([]*room, 0, len(rooms)) // for flush, which may put some off, and reorders them
	for _, r := range rooms {
		gone := false
		look := func() {
			r.hasten(now)
			if gone = r.state == stateGone; !gone && r.commit.refused.data != nil {
				left.refused, left.why = left.refused+1, r.commit.refused.err
				left.retryAt = earliest(left.retryAt, r.commit.refused.retryAt)
			}
		}
		if r.deferred.waits.Load() || !r.tryLocked(look) {
			left.held++
			f.deferStep(r, true)
		} else if !gone {
			free = append(free, r)
		}
	}
	left.some = f.flush(free, now)
	left.held += f.deferredSteps
	return left
}

func (f *flusher) leftBehind(left unflushed) error {
	n := left.held + left.refused
	switch {
	case len(f.rows) > 0:
		return fmt.Errorf("%d rooms with updates that are not durable: %w", len(f.rows)+n, *f.failure.Load())
	case left.refused > 0:
		return fmt.Errorf("%w: %d, the journal refuses updates of %d of them: %w", errNotFlushed, n, left.refused, left.why)
	}
	return fmt.Errorf("%w: %d were too busy", errNotFlushed, n)
}

// hasten makes what waits for a flush due now; mu is held.
func (r *room) hasten(now time.Time) {
	if r.needsFlush() {
		r.pacing.flushAt = now
	}
}
