package engine

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// The stored state of a room that agrees with its record is of use for a while, to clients that
// come back. Then the store may drop it, as the record has the text. Rooms without records stay,
// unless Config.KeepUnowned says otherwise.

// dropInterval is how often the store is asked to drop expired rooms.
const dropInterval = 5 * time.Minute

// expirer sets when the store may drop rooms that are unloaded, and takes that back when they are
// used again. Its fields belong to the saver's goroutine, except where another lock is named.
type expirer struct {
	e       *Engine
	archive Archive        // nil: the store has no expiry, or nothing is to expire
	sweeper VersionSweeper // nil: versions do not age
	dropAt  time.Time
	clock   steadyClock
	back    []*room // rooms that may have to stay, but of which the store does not know it yet
	tidyAt  int     // length of back at which the rooms that are gone are taken out

	mu       sync.Mutex // a leaf; guards everything below
	loaded   []*room    // rooms of which the store does not know yet that they must stay
	dropping bool       // the store drops rooms just now
}

func newExpirer(e *Engine) expirer {
	archive, _ := e.store.(Archive)
	if e.cfg().keeps() <= 0 {
		archive = nil
	}
	sweeper, _ := e.store.(VersionSweeper)
	now := time.Now()
	return expirer{
		e: e, archive: archive, sweeper: sweeper, dropAt: now.Add(dropInterval),
		clock: newSteadyClock(now), tidyAt: leastTidied,
	}
}

// keeps returns how long the store keeps a room after its last peer has left; zero or less: for
// ever.
func (c *Config) keeps() time.Duration {
	if c.Records == nil {
		return c.KeepUnowned
	}
	return c.SnapshotKeep
}

// expire gives the store the time from which on it may drop a room that is about to be unloaded. It
// returns false if the room's lock is held: then the room must not be unloaded.
func (x *expirer) expire(r *room) (free bool) {
	if x.archive == nil {
		return true
	}
	var at time.Time
	var due bool
	if !r.mu.TryRun(func() { at, due = r.expiry(time.Now()) }) {
		return false
	}
	if !due {
		return true
	}
	ctx, cancel := context.WithTimeout(context.Background(), x.e.cfg().StoreTimeout)
	defer cancel()
	x.setExpiry(ctx, r.name, at)
	return true
}

// setExpiry gives the store the time from which on it may drop a room.
func (x *expirer) setExpiry(ctx context.Context, room string, at time.Time) {
	if x.e.hasNamed(ctx, room) {
		return
	}
	if err := x.archive.Expire(ctx, room, at); err != nil {
		x.e.log.Warn("room does not expire", slog.String("room", room), reason(err))
	}
}

// expireFrozen is expire for a room that nobody can join any more.
func (x *expirer) expireFrozen(ctx context.Context, r *room) {
	if x.archive == nil {
		return
	}
	due := false
	var at time.Time
	err := r.callLocked(ctx, func() {
		at = r.emptied.Add(x.e.cfg().keeps())
		agrees := r.record == nil || r.record.Clean()
		unused := r.state != stateGone && !r.isDisowned() && len(r.peers) == 0
		due = unused && agrees && !r.unsaved()
	})
	if err == nil && due {
		x.setExpiry(ctx, r.name, at)
	}
}

// expiry returns when the store may drop the room, if it may. If so, stay is to be called before
// the room is used again. mu is held.
func (r *room) expiry(now time.Time) (at time.Time, ok bool) {
	dirty := r.record != nil && !r.record.Clean()
	due := schedule.Reached(r.unloadable(), now)
	if r.state == stateGone || r.isFrozen() || dirty || r.unsaved() || !due {
		return at, false
	}
	r.expiring = true
	return r.emptied.Add(r.e.cfg().keeps()), true
}

// stay takes the expiry of a room back if it is still loaded, as somebody has joined it meanwhile.
func (x *expirer) stay(r *room) {
	if x.archive == nil {
		return
	}
	stays := false
	if !r.mu.TryRun(func() { stays = r.state != stateGone && r.expiring }) {
		x.stayLater(r)
		return
	}
	if !stays {
		return
	}
	if err := x.takeBack(context.Background(), r.name); err != nil {
		x.e.log.Error("room cannot be kept from expiring", slog.String("room", r.name), reason(err))
		x.stayLater(r)
		return
	}
	r.runLocked(func() { r.expiring = false })
}

// leastTidied is the least number of rooms in expirer.back among which those that are gone are
// looked for.
const leastTidied = 64

// stayLater takes the expiry of a room back at the next drop. While the store takes nothing, rooms
// come and go: back has at most twice as many as were loaded at one time, and leastTidied.
func (x *expirer) stayLater(r *room) {
	if len(x.back) >= x.tidyAt {
		x.back = slices.DeleteFunc(x.back, func(r *room) (gone bool) {
			return r.mu.TryRun(func() { gone = r.state == stateGone }) && gone
		})
		x.tidyAt = max(leastTidied, 2*len(x.back))
	}
	x.back = append(x.back, r)
}

// loads is called before a room is loaded, which must not be dropped from then on. The saver takes
// its expiry back, and has nothing dropped before that. So a join does not wait for the disk,
// except while rooms are being dropped, as its room may be one of them.
func (x *expirer) loads(ctx context.Context, r *room) error {
	x.mu.Lock()
	wait := x.dropping
	if !wait {
		r.expiring = true // perhaps; no other goroutine has the room yet
		x.loaded = append(x.loaded, r)
	}
	x.mu.Unlock()
	if wait {
		return x.takeBack(ctx, r.name)
	}
	x.e.saver.wakeUp()
	return nil
}

// reportLoaded takes back the expiry of the rooms that were loaded since the last call.
func (x *expirer) reportLoaded() {
	x.mu.Lock()
	rooms := x.loaded
	x.loaded = nil
	x.mu.Unlock()
	for _, r := range rooms {
		x.stay(r)
	}
}

// mayDrop reports whether the store knows which rooms must stay. If so, loads takes expiries back
// itself until dropEnded is called.
func (x *expirer) mayDrop() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.dropping = len(x.loaded) == 0 && len(x.back) == 0
	return x.dropping
}

func (x *expirer) dropEnded() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.dropping = false
}

// takeBack takes the expiry of a room back.
func (x *expirer) takeBack(ctx context.Context, room string) error {
	ctx, cancel := context.WithTimeout(ctx, x.e.cfg().StoreTimeout)
	defer cancel()
	return x.archive.Expire(ctx, room, time.Time{})
}

// dropDue returns when the store is next asked to drop expired rooms, and versions that are too
// old; zero if never.
func (x *expirer) dropDue() time.Time {
	if x.archive == nil && x.sweeper == nil {
		return time.Time{}
	}
	return x.dropAt
}

// drop asks the store to drop versions that are too old, and expired rooms, unless a room that is
// in use may be among them.
func (x *expirer) drop(now time.Time) {
	x.dropAt = now.Add(dropInterval)
	back := x.back
	x.back = nil
	for _, r := range back {
		x.stay(r)
	}
	x.reportLoaded()
	wall := x.clock.wall(now)
	if x.jumped(now, wall) {
		return
	}
	x.dropVersions(wall)
	if x.archive == nil || !x.mayDrop() {
		return
	}
	defer x.dropEnded()
	ctx, cancel := context.WithTimeout(context.Background(), x.e.cfg().StoreTimeout)
	defer cancel()
	dropped, err := x.archive.DropExpired(ctx, wall)
	x.e.metrics.expired.Add(dropped)
	if err != nil {
		x.e.log.Error("expired rooms are not dropped", reason(err))
	}
}

// dropVersions asks the store to drop versions that are too old.
func (x *expirer) dropVersions(wall time.Time) {
	if x.sweeper == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), x.e.cfg().StoreTimeout)
	defer cancel()
	dropped, err := x.sweeper.DropVersions(ctx, wall)
	x.e.metrics.versionsAged.Add(dropped)
	if err != nil {
		x.e.log.Error("old versions are not dropped", reason(err))
	}
}

// jumped reports whether the clock has jumped ahead so lately that nothing may be dropped.
func (x *expirer) jumped(now, wall time.Time) bool {
	jump, held := x.clock.check(now, wall)
	if jump > 0 {
		x.e.log.Warn("the clock has jumped ahead: no room is dropped for a day, or until it is back",
			slog.Duration("by", jump.Round(time.Second)))
	}
	return held
}

// ExpireUnvisited gives the store an expiry for rooms that it has without one, as if their last
// peers had left now. An earlier process could not give them one, or kept them for ever. Loaded
// rooms are left out: they expire after they are unloaded. With Config.Records, and where rooms are
// kept for ever, it does nothing. It returns when all rooms are done, or ctx is.
func (e *Engine) ExpireUnvisited(ctx context.Context, rooms []string) {
	x := &e.saver.expirer
	if x.archive == nil || e.cfg().Records != nil {
		return
	}
	at := time.Now().Add(e.cfg().keeps())
	for _, name := range rooms {
		if ctx.Err() != nil {
			return
		}
		if e.isLoaded(name) || e.isDeleted(ctx, name) {
			continue // it expires when it is unloaded, or never
		}
		err := x.archive.Expire(ctx, name, at)
		if e.isLoaded(name) { // its load may have found no expiry to take back yet
			err = x.takeBack(ctx, name)
		}
		if err != nil {
			e.log.Warn("room does not expire", slog.String("room", name), reason(err))
		}
	}
}

// isLoaded reports whether the room of that name is loaded. A name that is no room key has no room.
func (e *Engine) isLoaded(name string) bool {
	key, err := roomkey.Parse(name)
	return err == nil && e.roomMap.find(key) != nil
}
