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
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unsaved[r] = since
}

func (c *clerks) abreast(r *room) {
	if c.e.cfg.Records == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.unsaved, r)
}

// oldest is for how long the oldest edit has been in no draft, in seconds.
func (c *clerks) oldest() (seconds float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, since := range c.unsaved {
		seconds = max(seconds, time.Since(since).Seconds())
	}
	return seconds
}

func (c *clerks) count() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return float64(len(c.unsaved))
}

// last saves the drafts of rooms, once each, until ctx is done, and logs how many are not.
func (c *clerks) last(ctx context.Context, rooms []*room) {
	if c.e.cfg.Records == nil {
		return
	}
	var left atomic.Int64
	var workers sync.WaitGroup
	todo := make(chan *room)
	for range maxClerks {
		workers.Go(func() {
			for r := range todo {
				if !c.lastOf(ctx, r) {
					left.Add(1)
				}
			}
		})
	}
	for _, r := range rooms {
		if r.isDirty() {
			todo <- r
		}
	}
	close(todo)
	workers.Wait()
	if n := left.Load(); n > 0 {
		c.e.log.Warn("drafts not saved; they are in the store", slog.Int64("rooms", n))
	}
}

func (c *clerks) lastOf(ctx context.Context, r *room) (saved bool) {
	var ended error
	defer r.guard(&ended)
	if r.work.begin(ctx) != nil {
		return false
	}
	defer r.work.end()
	return r.saveDraft(ctx) == nil && !r.isDirty()
}

func (r *room) isDirty() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.gone && r.record.dirty
}
