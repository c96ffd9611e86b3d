package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/engine/groupcommit"
)

// Drain shuts the engine down: rooms take no more joins or updates, accepted updates are made
// durable and sent, every connection is closed with CloseUnavailable, edits are saved to the
// records, changed rooms are snapshotted, and the engine's goroutines end. If ctx is done first,
// Drain gives up; its error says which of that is missing. Only the first call does this; others
// return at once.
func (e *Engine) Drain(ctx context.Context) error { return e.drain(ctx, false) }

// HandOver is Drain for a process that opens the store as soon as this one has closed it. It takes
// no snapshots, as the journal has what they lack, and saves the drafts of rooms without peers
// only, for handOverDrafts: the peers of the others come back to that process, which can save their
// edits then. Without a journal it takes all snapshots.
func (e *Engine) HandOver(ctx context.Context) error { return e.drain(ctx, true) }

// handOverDrafts is how long HandOver saves drafts.
const handOverDrafts = time.Second

func (e *Engine) drain(ctx context.Context, handsOver bool) error {
	if e.draining.Swap(true) {
		return nil
	}
	rooms := e.roomMap.close()
	e.stopLoads()
	e.sync.Stop()
	close(e.stop)
	rooms = loadedOnly(rooms)
	save := e.saveLast
	if handsOver {
		save = e.lastSavesOf(withoutPeers(rooms))
	}
	err := wait(ctx, &e.background)
	if err == nil {
		hastenRefused(rooms)
		err = e.flusher.FlushAll(ctx, flushRooms(rooms), heldPatience)
	}
	for _, r := range rooms {
		r.runLocked(func() { r.closeAll(restarting) })
	}
	announceAll(rooms)
	err = e.saveFlushed(ctx, rooms, save, err)
	announceAll(rooms)
	e.leases.giveUpAll(rooms)
	err = errors.Join(err, wait(ctx, &e.running))
	e.leases.wait(ctx)
	return err
}

// saveFlushed saves rooms with save; err is the error of their last flush. Each room is saved once
// it is flushed, so that rooms that cannot be flushed hold up no others.
func (e *Engine) saveFlushed(ctx context.Context, rooms []*room, save lastSaves, err error) error {
	for err == nil || errors.Is(err, groupcommit.ErrNotFlushed) {
		flushed, left := byFlush(rooms)
		again, failure := save(ctx, flushed)
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

// lastSaves saves what is to be saved of rooms that have been flushed, and returns those of them
// that must be flushed again.
type lastSaves func(ctx context.Context, rooms []*room) (left []*room, err error)

// withoutPeers returns the rooms that have no peers now. Rooms whose locks are held count as having
// some.
func withoutPeers(rooms []*room) map[*room]bool {
	alone := make(map[*room]bool)
	for _, r := range rooms {
		r.mu.TryRun(func() { alone[r] = len(r.peers) == 0 })
	}
	return alone
}

// lastSavesOf returns the saves of HandOver, for the rooms that were without peers when it began.
func (e *Engine) lastSavesOf(alone map[*room]bool) lastSaves {
	return func(ctx context.Context, rooms []*room) (left []*room, err error) {
		if e.cfg().NoJournal {
			return e.saveLast(ctx, rooms)
		}
		rooms = slices.DeleteFunc(rooms, func(r *room) bool { return !alone[r] })
		err = e.lastDrafts(ctx, rooms, handOverDrafts)
		if errors.Is(err, groupcommit.ErrNotFlushed) {
			_, left = byFlush(rooms)
			return left, nil
		}
		return nil, err
	}
}

// saveLast saves the drafts and the snapshots of rooms that have been flushed. It returns those
// that could not be flushed again after their drafts were saved.
func (e *Engine) saveLast(ctx context.Context, rooms []*room) (left []*room, err error) {
	switch err = e.lastDrafts(ctx, rooms, Never); {
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

// lastDrafts saves drafts for half of the time that is left, and not for longer than most. Then it
// makes the merge bases durable that the rooms have.
func (e *Engine) lastDrafts(ctx context.Context, rooms []*room, most time.Duration) error {
	if e.sync == nil || len(rooms) == 0 {
		return nil
	}
	if end, ok := ctx.Deadline(); ok {
		most = min(most, time.Until(end)/2)
	}
	limited, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	e.saveDrafts(limited, rooms)
	return e.flusher.FlushAll(ctx, flushRooms(rooms), heldPatience)
}

// saveDrafts saves drafts. Meanwhile the flusher makes the rows durable in which they are claimed.
func (e *Engine) saveDrafts(ctx context.Context, rooms []*room) {
	saved := make(chan struct{})
	go func() {
		defer close(saved)
		e.sync.SaveAll(ctx, recordsOf(rooms))
	}()
	e.flusher.Run(saved)
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

// announceAll announces what of rooms is not announced.
func announceAll(rooms []*room) {
	for _, r := range rooms {
		r.runLocked(r.announceChange)
	}
}
