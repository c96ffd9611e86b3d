package engine

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/engine/groupcommit"
)

// Drain shuts the engine down: rooms take no more joins or updates, accepted updates are made
// durable and sent, every connection is closed with CloseUnavailable, edits are saved to the
// records, changed rooms are snapshotted, and the engine's goroutines end. If ctx is done first,
// Drain gives up; its error says which of that is missing. Only the first call does this; others
// return at once.
func (e *Engine) Drain(ctx context.Context) error {
	if e.draining.Swap(true) {
		return nil
	}
	rooms := e.roomMap.close()
	e.stopLoads()
	e.sync.Stop()
	close(e.stop)
	rooms = loadedOnly(rooms)
	err := wait(ctx, &e.background)
	if err == nil {
		hastenRefused(rooms)
		err = e.flusher.FlushAll(ctx, flushRooms(rooms), heldPatience)
	}
	for _, r := range rooms {
		r.runLocked(r.closePeers)
	}
	return errors.Join(e.saveFlushed(ctx, rooms, err), wait(ctx, &e.running))
}

// saveFlushed saves rooms; err is the error of their last flush. Each room is saved once it is
// flushed, so that rooms that cannot be flushed hold up no others.
func (e *Engine) saveFlushed(ctx context.Context, rooms []*room, err error) error {
	for err == nil || errors.Is(err, groupcommit.ErrNotFlushed) {
		flushed, left := byFlush(rooms)
		again, failure := e.saveLast(ctx, flushed)
		if rooms = append(left, again...); failure != nil || len(rooms) == 0 {
			return failure
		}
		if ctx.Err() != nil {
			return cmp.Or(err, ctx.Err())
		}
		err = e.flusher.FlushAll(ctx, flushRooms(rooms), heldPatience)
	}
	return err
}

// byFlush separates rooms that can be saved now from others: some of their updates are not durable
// yet, or their locks are held.
func byFlush(rooms []*room) (flushed, left []*room) {
	for _, r := range rooms {
		durable := false
		look := func() {
			durable = r.state == stateGone || r.clean() && !r.record.Unjournaled()
		}
		if r.mu.TryRun(look) && durable {
			flushed = append(flushed, r)
		} else {
			left = append(left, r)
		}
	}
	return flushed, left
}

// saveLast saves the drafts and the snapshots of rooms that have been flushed. It returns those
// that could not be flushed again after their drafts were saved.
func (e *Engine) saveLast(ctx context.Context, rooms []*room) (left []*room, err error) {
	switch err = e.lastDrafts(ctx, rooms); {
	case errors.Is(err, groupcommit.ErrNotFlushed):
		rooms, left = byFlush(rooms)
	case err != nil:
		return nil, err
	}
	limited, cancel := ctx, context.CancelFunc(func() {})
	if end, ok := ctx.Deadline(); ok {
		// The journal has the changes that are not saved by then, so that is no failure.
		limited, cancel = context.WithTimeout(ctx, time.Until(end)*7/8)
	}
	defer cancel()
	return left, e.saver.saveAll(limited, rooms)
}

// lastDrafts saves drafts for half of the time that is left, and makes the merge bases durable that
// they have then.
func (e *Engine) lastDrafts(ctx context.Context, rooms []*room) error {
	if e.sync == nil {
		return nil
	}
	limited, cancel := ctx, context.CancelFunc(func() {})
	if end, ok := ctx.Deadline(); ok {
		limited, cancel = context.WithTimeout(ctx, time.Until(end)/2)
	}
	defer cancel()
	e.sync.SaveAll(limited, recordsOf(rooms))
	return e.flusher.FlushAll(ctx, flushRooms(rooms), heldPatience)
}

// loadedOnly returns the rooms that have been loaded.
func loadedOnly(rooms []*room) (loaded []*room) {
	for _, r := range rooms {
		select {
		case <-r.loaded:
			loaded = append(loaded, r)
		default:
		}
	}
	return loaded
}

// closePeers is called with mu held.
func (r *room) closePeers() {
	for _, p := range r.peers {
		p.close(restarting)
	}
}

// wait waits for wg until ctx is done.
func wait(ctx context.Context, wg interface{ Wait() }) error {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// heldPatience is how long Drain waits for rooms that cannot be flushed before it saves the others,
// and comes back to these.
const heldPatience = 250 * time.Millisecond

// hastenRefused makes the rows that the store has refused due for another commit at once.
func hastenRefused(rooms []*room) {
	for _, r := range rooms {
		r.runLocked(func() { r.commit.refused.hasten(time.Now()) })
	}
}
