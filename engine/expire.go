package engine

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// What is stored of a room that agrees with its record is of use to clients that
// come back, for a while. Then the store may drop it: the record has the text. Rooms
// without records stay, unless Config.KeepUnowned says otherwise.

// dropInterval is how often the store is asked to drop what has expired.
const dropInterval = 5 * time.Minute

// expirer has rooms expire, and takes that back. It is the saver's goroutine's.
type expirer struct {
	e       *Engine
	archive Archive // nil: the store has no expiry, or nothing is to expire
	dropAt  time.Time
	back    []*room // that may have to stay, of which the store could not be notified

	mu       sync.Mutex // a leaf; guards everything below
	loaded   []*room    // since the store was last notified of such; nothing is dropped before it is
	dropping bool       // the store has been asked to drop what has expired
}

func newExpirer(e *Engine) expirer {
	archive, _ := e.store.(Archive)
	if e.cfg.keeps() <= 0 {
		archive = nil
	}
	return expirer{e: e, archive: archive, dropAt: time.Now().Add(dropInterval)}
}

// keeps is how long the store keeps a room that nobody is in; for ever if it is not positive.
func (c *Config) keeps() time.Duration {
	if c.Records == nil {
		return c.KeepUnowned
	}
	return c.SnapshotKeep
}

// expire has what is stored of a room that is about to be unloaded dropped later. It
// returns false if it could not look at the room, which then must not be unloaded.
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
	ctx, cancel := context.WithTimeout(context.Background(), x.e.cfg.StoreTimeout)
	defer cancel()
	if err := x.archive.Expire(ctx, r.name, at); err != nil {
		x.e.log.Warn("room does not expire", slog.String("room", r.name), reason(err))
	}
	return true
}

// expiry is when what is stored of the room may go, if it may. The room is not to be
// used again before stay. mu is held.
func (r *room) expiry(now time.Time) (at time.Time, ok bool) {
	dirty := r.record != nil && !r.record.Clean()
	if r.state == stateGone || dirty || r.unsaved() || !schedule.Reached(r.unloadable(), now) {
		return at, false
	}
	r.expiring = true
	return r.emptied.Add(r.e.cfg.keeps()), true
}

// stay takes that back for a room that somebody has come to meanwhile.
func (x *expirer) stay(r *room) {
	if x.archive == nil {
		return
	}
	stays := false
	if !r.mu.TryRun(func() { stays = r.state != stateGone && r.expiring }) {
		x.back = append(x.back, r)
		return
	}
	if !stays {
		return
	}
	if err := x.takeBack(context.Background(), r.name); err != nil {
		x.e.log.Error("room cannot be kept from expiring", slog.String("room", r.name), reason(err))
		x.back = append(x.back, r)
		return
	}
	r.runLocked(func() { r.expiring = false })
}

// loads is called before a room is loaded, which must not be dropped from then on. The saver
// notifies the store, and drops nothing before it has: so who opens a room does not wait for the
// disk, unless rooms are being dropped just now, and this may be one of them.
func (x *expirer) loads(ctx context.Context, r *room) error {
	x.mu.Lock()
	wait := x.dropping
	if !wait {
		r.expiring = true // for all that is known here; nobody else has the room yet
		x.loaded = append(x.loaded, r)
	}
	x.mu.Unlock()
	if wait {
		return x.takeBack(ctx, r.name)
	}
	x.e.saver.wakeUp()
	return nil
}

// reportLoaded has the store keep the rooms that were loaded.
func (x *expirer) reportLoaded() {
	x.mu.Lock()
	rooms := x.loaded
	x.loaded = nil
	x.mu.Unlock()
	for _, r := range rooms {
		x.stay(r)
	}
}

// mayDrop says whether the store has been notified of all rooms that are loaded. From then on
// rooms that are loaded wait until dropEnded is called.
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

func (x *expirer) takeBack(ctx context.Context, room string) error {
	ctx, cancel := context.WithTimeout(ctx, x.e.cfg.StoreTimeout)
	defer cancel()
	return x.archive.Expire(ctx, room, time.Time{})
}

// dropDue is when the store is to be asked next, zero if never.
func (x *expirer) dropDue() time.Time {
	if x.archive == nil {
		return time.Time{}
	}
	return x.dropAt
}

// drop has the store drop what has expired, unless that would be a room that is in use.
func (x *expirer) drop(now time.Time) {
	x.dropAt = now.Add(dropInterval)
	back := x.back
	x.back = nil
	for _, r := range back {
		x.stay(r)
	}
	x.reportLoaded()
	if !x.mayDrop() {
		return
	}
	defer x.dropEnded()
	ctx, cancel := context.WithTimeout(context.Background(), x.e.cfg.StoreTimeout)
	defer cancel()
	dropped, err := x.archive.DropExpired(ctx, now)
	x.e.metrics.expired.Add(dropped)
	if err != nil {
		x.e.log.Error("expired rooms are not dropped", reason(err))
	}
}

// ExpireUnvisited has rooms that are stored without an expiry, and that nobody is in, expire
// as if they had been left now: those of which the process before could not say when they
// were left, or did not have to. Where rooms stay for ever it does nothing. It returns when it
// has been through, or ctx is done.
func (e *Engine) ExpireUnvisited(ctx context.Context, rooms []string) {
	x := &e.saver.expirer
	if x.archive == nil || e.cfg.Records != nil {
		return
	}
	at := time.Now().Add(e.cfg.keeps())
	for _, name := range rooms {
		if ctx.Err() != nil {
			return
		}
		if e.isLoaded(name) {
			continue // it expires when it is unloaded
		}
		err := x.archive.Expire(ctx, name, at)
		if e.isLoaded(name) { // who loads it may have taken back nothing, as there was nothing yet
			err = x.takeBack(ctx, name)
		}
		if err != nil {
			e.log.Warn("room does not expire", slog.String("room", name), reason(err))
		}
	}
}

// isLoaded reports whether the room of that name is loaded. One whose name is not a key's
// cannot be.
func (e *Engine) isLoaded(name string) bool {
	key, err := roomkey.Parse(name)
	return err == nil && e.roomMap.find(key) != nil
}
