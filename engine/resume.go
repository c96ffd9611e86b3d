package engine

import (
	"context"
	"sync"
	"time"
)

// Resume saves what the process before left in rooms without saving it to their
// records, with the configured credential, instead of when somebody opens them. It
// loads a few rooms at a time and returns when it has been through, or ctx is done.
// What it cannot save waits for somebody to come.
func (e *Engine) Resume(ctx context.Context, rooms []string) {
	if e.cfg.Records == nil {
		return
	}
	var workers sync.WaitGroup
	all := &crew[string]{running: &workers}
	all.do = func(name string) { e.resume(ctx, name, all) }
	for _, name := range rooms {
		all.add(name)
	}
	workers.Wait()
}

func (e *Engine) resume(ctx context.Context, name string, by worker) {
	if ctx.Err() != nil {
		return
	}
	r, err := e.open(ctx, name)
	if err != nil { // logged, or nobody waits any more
		return
	}
	defer r.release()
	defer r.guard(&err)
	if r.work.begin(ctx, by) != nil {
		return
	}
	defer r.work.end()
	if r.isDirty() {
		_ = r.saveDraft(ctx)
	}
	r.soon(func() { r.letGo(time.Now()) })
}

// letGo ends the grace period of a room that nobody is in; mu is held.
func (r *room) letGo(now time.Time) {
	if !r.gone && len(r.peers) == 0 {
		r.graceEnd = now
		r.reschedule()
	}
}
