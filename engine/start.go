package engine

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/groupcommit"
	"github.com/civicpress/civic-realtime/engine/piececache"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// New returns an engine that keeps its rooms in store. Drain ends its goroutines.
func New(cfg Config, store Store, log *slog.Logger) *Engine {
	e := &Engine{
		store: store, log: log, metrics: newCounters(),
		roomMap: newRoomMap(), sched: schedule.New[groupcommit.Room](), stop: make(chan struct{}),
	}
	cfg = cfg.withDefaults()
	e.conf.Store(&cfg)
	e.began = time.Now().Add(-e.TickInterval())
	e.presence.Store(e.presenceConfig())
	e.leases = newLeases(e)
	e.decisions = newDecisions(e)
	e.metrics.watchDecisions(e)
	e.loads, e.stopLoads = context.WithCancel(context.Background())
	e.writers.Init(e.running.Go)
	e.flusher = newFlusher(e)
	e.saver = &saver{e: e, wake: make(chan struct{}, 1), expirer: newExpirer(e),
		pieces: piececache.New(cfg.SnapshotKeptBytes,
			func() time.Duration { return 2 * e.cfg().SnapshotInterval },
			func(bytes int) { e.metrics.kept.Set(float64(bytes)) })}
	e.sync = newSyncer(e)
	e.compactor = &compactor{e: e}
	e.rebases = make(chan struct{}, 1)
	e.looks = make(chan struct{}, maxLooks)
	e.metrics.addGauges(e)
	e.background.Go(func() { e.flusher.Run(e.stop) })
	e.background.Go(func() { e.saver.run(e.stop) })
	return e
}

// Resume saves the edits that an earlier process left in the given rooms to their records, with the
// configured credential, so that they need not wait until a peer joins. It loads a few rooms at a
// time, and returns when all are done, or ctx is. Edits that cannot be saved wait for a peer.
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
		return // no room can have that name
	}
	r, err := e.open(ctx, key)
	if err != nil { // it has been logged, or ctx is done
		return
	}
	defer r.release()
	defer r.guard(&err)
	r.record.SaveNow(ctx, w)
	r.runLocked(func() { r.letGo(time.Now()) })
}
