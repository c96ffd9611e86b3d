package engine

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// behind notes since when a room has edits that are in no draft; room.mu is held.
func (c *clerks) behind(r *room, since time.Time) {
	c.unsavedMu.Lock()
	defer c.unsavedMu.Unlock()
	c.unsaved[r] = since
}

func (c *clerks) abreast(r *room) {
	if c.e.cfg.Records == nil {
		return
	}
	c.unsavedMu.Lock()
	defer c.unsavedMu.Unlock()
	delete(c.unsaved, r)
}

// oldest is for how long the oldest edit has been in no draft, in seconds.
func (c *clerks) oldest() (seconds float64) {
	c.unsavedMu.Lock()
	defer c.unsavedMu.Unlock()
	for _, since := range c.unsaved {
		seconds = max(seconds, time.Since(since).Seconds())
	}
	return seconds
}

func (c *clerks) count() float64 {
	c.unsavedMu.Lock()
	defer c.unsavedMu.Unlock()
	return float64(len(c.unsaved))
}

// last saves the drafts of rooms, once each, until ctx is done, and logs how many are not.
func (c *clerks) last(ctx context.Context, rooms []*room) {
	if c.e.cfg.Records == nil {
		return
	}
	var left atomic.Int64
	var workers sync.WaitGroup
	all := &crew[*room]{running: &workers}
	all.do = func(r *room) {
		if c.lastOf(ctx, r, all) {
			left.Add(-1)
		}
	}
	left.Store(int64(len(rooms)))
	for _, r := range rooms {
		all.add(r)
	}
	_ = wait(ctx, &workers)
	if n := left.Load(); n > 0 {
		c.e.log.Warn("drafts not saved; they are in the store", slog.Int64("rooms", n))
	}
}

func (c *clerks) lastOf(ctx context.Context, r *room, by worker) (saved bool) {
	var ended error
	defer r.guard(&ended)
	if r.work.begin(ctx, by) != nil {
		return false
	}
	defer r.work.end()
	return !r.isDirty() || ctx.Err() == nil && r.saveDraft(ctx) == nil && !r.isDirty()
}

// isDirty is called by who holds the room's work.
func (r *room) isDirty() bool {
	r.lockForWork()
	defer r.mu.Unlock()
	return !r.gone && r.record.dirty
}
