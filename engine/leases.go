package engine

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// leases takes the leases of rooms that are loaded, and gives up those of rooms that have ended. A
// room that is opened again meanwhile waits for that, so that its new lease is not given up.
type leases struct {
	e     *Engine
	store Leaser                  // nil: rooms need no lease
	pool  *recordsync.Pool[*room] // gives up leases

	running group           // goroutines of pool
	ending  context.Context // done when leases are left to end by themselves
	end     context.CancelFunc

	mu        sync.Mutex                    // comes before the shards of the room map
	closed    bool                          // rooms stay in the room map; guarded by mu
	releasing map[roomkey.Key]chan struct{} // closed when that has ended; guarded by mu
}

// releaseTimeout is how long the release of a lease may take. A lease that is not given up ends by
// itself.
const releaseTimeout = 2 * time.Second

func newLeases(e *Engine) *leases {
	l := &leases{e: e, releasing: make(map[roomkey.Key]chan struct{})}
	l.store, _ = e.store.(Leaser)
	l.ending, l.end = context.WithCancel(context.Background())
	l.pool = recordsync.NewPool(&l.running, l.release)
	return l
}

// take takes the lease of a room that is about to be loaded.
func (l *leases) take(r *room) error {
	if l.store == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(l.e.loads, l.e.cfg().StoreTimeout)
	defer cancel()
	l.mu.Lock()
	ended := l.releasing[r.key]
	l.mu.Unlock()
	if ended != nil {
		select {
		case <-ended:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return l.store.Lease(ctx, r.name)
}

// raiseVersion raises the version of a room that has just been read, as clients may have seen a
// higher one. Nothing else has changed since its snapshot.
func (l *leases) raiseVersion(r *room) {
	if l.store == nil || r.version == 0 {
		return
	}
	if floor := l.store.VersionFloor(r.name); floor > r.version {
		r.saving.version += floor - r.version
		r.version = floor
	}
}

// giveUp gives up the lease of a room that has ended, on another goroutine.
func (l *leases) giveUp(r *room) {
	if l.store != nil {
		l.pool.Add(r)
	}
}

// giveUpAll gives up the leases of rooms, which are not used any more, on other goroutines.
func (l *leases) giveUpAll(rooms []*room) {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	for _, r := range rooms {
		l.giveUp(r)
	}
}

// wait waits until all leases are given up, or ctx is done: what is left of them ends by itself.
func (l *leases) wait(ctx context.Context) {
	defer context.AfterFunc(ctx, l.end)()
	l.running.Wait()
}

// release gives up the lease of a room, unless the room is loaded again: then it ends later.
func (l *leases) release(r *room) {
	ended := make(chan struct{})
	if !l.begin(r.key, ended) {
		return
	}
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.releasing, r.key)
		close(ended)
	}()
	ctx, cancel := context.WithTimeout(l.ending, releaseTimeout)
	defer cancel()
	if err := l.store.Release(ctx, r.name); err != nil {
		l.e.leaseFailures.Log(l.e.log, slog.LevelWarn,
			"lease of a room is not given up; it ends by itself",
			slog.String("room", r.name), reason(err))
	}
}

// begin notes that a lease is being given up, and reports whether it is to be.
func (l *leases) begin(key roomkey.Key, ended chan struct{}) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.releasing[key] != nil || !l.closed && l.e.roomMap.find(key) != nil {
		return false
	}
	l.releasing[key] = ended
	return true
}

// isNotOwner reports whether an error of a Store says that another node has the room.
func isNotOwner(err error) bool {
	var owned interface{ NotOwner() bool }
	return errors.As(err, &owned) && owned.NotOwner()
}

// isUnreachable reports whether an error of a Store says that what all nodes share cannot be
// reached at the moment.
func isUnreachable(err error) bool {
	var away interface{ Unreachable() bool }
	return errors.As(err, &away) && away.Unreachable()
}

// errMoved closes the peers of a room that another node has from now on. Their clients come back,
// to that node.
var errMoved = &CloseError{
	Code: CloseUnavailable, Reason: "this record is moving to another server, come back",
	ErrorCode: protocol.CodeRestarting,
}

// notLeased returns the error of joins to a room that is not loaded as it has no lease.
func (l *leases) notLeased(r *room, err error) error {
	log, room := &l.e.leaseFailures, slog.String("room", r.name)
	if l.e.draining.Load() {
		return ErrDraining
	}
	if isNotOwner(err) {
		log.Log(l.e.log, slog.LevelInfo, "room is another node's", room, reason(err))
	} else {
		log.Log(l.e.log, slog.LevelInfo, "lease of a room cannot be taken", room, reason(err))
	}
	moved := *errMoved
	moved.Err = err
	return &moved
}
