package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// ErrOccupied says that somebody is in a room, or joins it.
var ErrOccupied = errors.New("somebody is in the room")

// Bounds on the parts of a hand-over. Clients of a room cannot write from its freeze on.
const (
	handOverSnapshot = time.Second            // for a snapshot; the journal has what it lacks
	handOverHold     = 500 * time.Millisecond // for a draft that is being saved
	handOverFlush    = 500 * time.Millisecond // while the room is frozen
	handOverRelease  = 400 * time.Millisecond // then its clients are closed in any case
)

// handOverRooms is how many rooms are handed over at a time.
const handOverRooms = 32

// RoomVersion returns the version of a loaded room as of its last flush; 0 if it is not loaded. It
// takes no room's lock.
func (e *Engine) RoomVersion(room string) uint64 {
	if r := e.loadedRoom(room); r != nil {
		return r.stats.version.Load()
	}
	return 0
}

// Occupied returns how many peers a room has, with those that are joining. It takes no room's lock.
func (e *Engine) Occupied(room string) int {
	if r := e.loadedRoom(room); r != nil {
		return int(r.stats.peers.Load()) + int(r.waiters.Load())
	}
	return 0
}

// GiveUp unloads a room, and gives up its lease, as another node asks for it. Its error is
// ErrOccupied if somebody is in the room; ctx's; or that of the store, if the room is not durable
// in time. A Store must not call it from its own methods.
func (e *Engine) GiveUp(ctx context.Context, room string) error {
	r := e.loadedRoom(room)
	if r == nil {
		return nil
	}
	return (&handOver{e: e, unused: true}).give(ctx, r)
}

// HandOverRooms gives up all rooms, so that other nodes take them over, some at a time: a room
// takes no more updates, those that it has are made durable, its lease is given up, and its peers
// are closed with a code after which their clients come back. Others are served meanwhile; rooms
// that are not loaded are refused. The drafts of rooms without peers are saved, for a quarter of
// the time until ctx is done. Without a Leaser it does nothing. Its error says how many rooms are
// left, which Drain ends.
func (e *Engine) HandOverRooms(ctx context.Context) error {
	if e.leases.store == nil || e.handingOver.Swap(true) {
		return nil
	}
	h := &handOver{e: e}
	rooms := e.roomMap.all()
	used := slices.DeleteFunc(slices.Clone(rooms), func(r *room) bool { return e.unused(r) })
	var drafts sync.WaitGroup
	drafts.Go(func() {
		h.saveDrafts(ctx, slices.DeleteFunc(rooms, func(r *room) bool { return !e.unused(r) }))
	})
	h.giveAll(ctx, used)
	drafts.Wait()
	left := e.roomMap.all()
	h.giveAll(ctx, left)
	if n := len(e.roomMap.all()); n > 0 {
		return fmt.Errorf("%d rooms are not handed over: %w", n, cmp.Or(ctx.Err(), h.lastError()))
	}
	return nil
}

// unused reports whether nobody is in the room.
func (e *Engine) unused(r *room) bool { return r.stats.peers.Load()+r.waiters.Load() == 0 }

// handOver gives up rooms.
type handOver struct {
	e           *Engine
	unused      bool        // rooms that somebody is in stay
	noSnapshots atomic.Bool // the last one took too long
	failure     atomic.Pointer[error]
}

func (h *handOver) lastError() error {
	if err := h.failure.Load(); err != nil {
		return *err
	}
	return nil
}

// saveDrafts saves the drafts of rooms without peers, as perhaps nobody opens them soon.
func (h *handOver) saveDrafts(ctx context.Context, rooms []*room) {
	rooms = slices.DeleteFunc(loadedOnly(rooms), func(r *room) bool { return r.record == nil })
	if len(rooms) == 0 {
		return
	}
	limited, cancel := ctx, context.CancelFunc(func() {})
	if end, ok := ctx.Deadline(); ok {
		limited, cancel = context.WithTimeout(ctx, time.Until(end)/4)
	}
	defer cancel()
	h.e.sync.SaveAll(limited, recordsOf(rooms))
}

// giveAll gives up rooms, handOverRooms at a time, until ctx is done.
func (h *handOver) giveAll(ctx context.Context, rooms []*room) {
	var workers sync.WaitGroup
	next := make(chan *room)
	for range min(handOverRooms, len(rooms)) {
		workers.Go(func() {
			for r := range next {
				if err := h.give(ctx, r); err != nil {
					h.failure.Store(&err)
				}
			}
		})
	}
	for _, r := range rooms {
		if ctx.Err() == nil {
			next <- r
		}
	}
	close(next)
	workers.Wait()
}

// give gives up one room. The snapshot is taken before the room is frozen, so that its clients do
// not wait for it.
func (h *handOver) give(ctx context.Context, r *room) error {
	if err := awaitClosed(ctx, r.loaded); err != nil {
		return err
	}
	if h.unused && !h.e.unused(r) {
		return ErrOccupied
	}
	h.save(ctx, r)
	hold, cancel := context.WithTimeout(ctx, handOverHold)
	defer cancel()
	defer r.record.Hold(hold)()
	if err := h.freeze(ctx, r); err != nil {
		return err
	}
	h.e.saver.expirer.expireFrozen(ctx, r)
	h.release(ctx, r)
	return nil
}

// save stores a snapshot, so that the next owner loads the room faster.
func (h *handOver) save(ctx context.Context, r *room) {
	if h.noSnapshots.Load() {
		return
	}
	limited, cancel := context.WithTimeout(ctx, handOverSnapshot)
	defer cancel()
	if _, err := r.saveNow(limited); errors.Is(err, context.DeadlineExceeded) {
		h.noSnapshots.Store(true)
	}
}

// freeze freezes the room, and waits until everything of it is durable. If that takes too long the
// room goes on. Its peers come back, as what they have sent meanwhile was ignored.
func (h *handOver) freeze(ctx context.Context, r *room) error {
	var flushed <-chan struct{}
	occupied := false
	err := r.callLocked(ctx, func() {
		if occupied = h.unused && !h.e.unused(r); !occupied {
			flushed = r.flushFrozen(time.Now())
		}
	})
	if err != nil {
		r.runLocked(r.thaw)
		return err
	}
	if occupied {
		return ErrOccupied
	}
	limited, cancel := context.WithTimeout(ctx, handOverFlush)
	defer cancel()
	if err := awaitClosed(limited, flushed); err != nil {
		r.runLocked(r.thaw)
		return fmt.Errorf("room %s is not durable: %w", r.name, cmp.Or(h.e.flusher.Failure(), err))
	}
	return nil
}

// thaw makes a frozen room go on, as it stays. Its peers are closed and come back, as what they
// have sent meanwhile was ignored. mu is held.
func (r *room) thaw() {
	if r.state == stateGone || !r.isFrozen() || r.isDisowned() {
		return
	}
	v := r.eviction.Load()
	v.frozen = frozen{}
	r.closeAll(errMoved)
	r.cancelEviction(v)
	r.reschedule()
}

// release ends the room, gives up its lease, and then closes its peers, so that the node to which
// they come finds the lease free.
func (h *handOver) release(ctx context.Context, r *room) {
	released := make(chan struct{})
	r.runLocked(func() {
		if r.state == stateGone { // it has ended by itself
			close(released)
			return
		}
		r.freeze().handedOver = true
		r.abandonLocked()
		h.e.metrics.handedOver.Inc()
		h.e.running.Go(func() {
			defer close(released)
			h.e.leases.release(r)
		})
	})
	limited, cancel := context.WithTimeout(ctx, handOverRelease)
	defer cancel()
	if awaitClosed(limited, released) != nil {
		h.e.log.Debug("lease is given up later", slog.String("room", r.name))
	}
	r.runLocked(func() { r.closeAll(errMoved) })
}
