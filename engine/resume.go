package engine

import (
	"context"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Resume saves what the process before left in rooms without saving it to their
// records, with the configured credential, instead of when somebody opens them. It
// loads a few rooms at a time and returns when it has been through, or ctx is done.
// What it cannot save waits for somebody to come.
func (e *Engine) Resume(ctx context.Context, rooms []string) {
	if e.sync == nil {
		return
	}
	var workers sync.WaitGroup
	var pool *recordsync.Pool[string]
	pool = recordsync.NewPool(&workers, func(name string) { e.resume(ctx, name, pool) })
	for _, name := range rooms {
		pool.Add(name)
	}
	workers.Wait()
}

func (e *Engine) resume(ctx context.Context, name string, w recordsync.Worker) {
	if ctx.Err() != nil {
		return
	}
	key, err := roomkey.Parse(name)
	if err != nil {
		return // nobody can have been in it
	}
	r, err := e.open(ctx, key)
	if err != nil { // logged, or nobody waits any more
		return
	}
	defer r.release()
	defer r.guard(&err)
	r.record.SaveNow(ctx, w)
	r.runLocked(func() { r.letGo(time.Now()) })
}

// letGo ends the grace period of a room that nobody is in; mu is held.
func (r *room) letGo(now time.Time) {
	if r.state != stateGone && len(r.peers) == 0 {
		r.graceEnd = now
		r.reschedule()
	}
}
