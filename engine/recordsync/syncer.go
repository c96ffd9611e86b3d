package recordsync

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// New returns a Syncer. Stop ends its workers.
func New(cfg Config) *Syncer {
	whole, ok := cfg.Records.(DocumentRecords)
	s := &Syncer{metrics: newCounters(cfg.Metrics), updates: ok && whole.HoldUpdates()}
	s.conf.Store(&cfg)
	s.renderings = newRenderings(cfg.Drafts.KeptBytes, s.metrics.renderings)
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.pool = NewPool(cfg.Running, s.sync)
	s.unsaved.expose(cfg.Metrics)
	return s
}

// Reconfigure replaces the configuration by a copy that set has changed. Limits on memory stay. It
// must not be called by several goroutines at a time.
func (s *Syncer) Reconfigure(set func(*Config)) {
	if s != nil {
		cfg := *s.cfg()
		set(&cfg)
		s.conf.Store(&cfg)
	}
}

// NewRecord returns the record of a room, without a merge base.
func (s *Syncer) NewRecord(room Room) *Record {
	return &Record{s: s, room: room, work: newWorkLock()}
}

// Stop ends the sync workers. Afterwards only SaveAll saves drafts.
func (s *Syncer) Stop() {
	if s != nil {
		s.stopped.Store(true)
		s.cancel()
		s.pool.Clear()
	}
}

// RenderingsDue returns when ExpireRenderings has something to do, zero if never.
func (s *Syncer) RenderingsDue() time.Time {
	if s == nil {
		return time.Time{}
	}
	return s.renderings.due()
}

// ExpireRenderings drops the renderings that were not used for renderingAge.
func (s *Syncer) ExpireRenderings(now time.Time) {
	if s != nil {
		s.renderings.expire(now)
	}
}

// Due returns when Sync is to be called, zero if never.
func (r *Record) Due() time.Time {
	switch {
	case r == nil || r.queued || r.room.Closed() || r.s.stopped.Load():
		return time.Time{}
	case r.shown != nil:
		return longAgo
	}
	return schedule.Earliest(r.pollAt, r.draftDue())
}

var longAgo = time.Unix(0, 0)

// Sync queues the record for a sync worker.
func (r *Record) Sync() {
	r.queued = true
	r.s.pool.Add(r)
}

// sync works on a record that was queued.
func (s *Syncer) sync(r *Record) {
	defer r.room.Recover()
	if r.work.lock(s.ctx, s.pool) != nil {
		return
	}
	defer r.work.unlock()
	if s.ctx.Err() != nil {
		return
	}
	text, fetch, save := r.tasks(time.Now())
	if text != nil {
		r.logSkipped(r.reconcile(s.ctx, *text))
	}
	if fetch {
		r.logSkipped(r.fetch(s.ctx))
	}
	if save {
		_ = r.saveDraft(s.ctx) // has noted its error
	}
	r.dequeue()
}

func (r *Record) logSkipped(err error) {
	if err != nil {
		r.log().Debug("record not compared", reason(err))
	}
}

// tasks returns the work that is due. A text that a peer was shown takes the place of a fetch.
func (r *Record) tasks(now time.Time) (text *Text, fetch, save bool) {
	r.lock()
	defer r.unlock()
	text, r.shown = r.shown, nil
	if schedule.Reached(r.pollAt, now) {
		r.pollAt = time.Time{}
		if fetch = r.hasEditor(); fetch {
			r.schedulePoll(now)
		}
	}
	return text, fetch && text == nil, schedule.Reached(r.draftDue(), now)
}

// dequeue allows that the record is queued again.
func (r *Record) dequeue() {
	r.lock()
	defer r.unlock()
	r.queued = false
	r.room.Reschedule()
}

// SaveAll saves the drafts of records, once each, until ctx is done, and logs how many are
// not saved. No room's lock may be held.
func (s *Syncer) SaveAll(ctx context.Context, records []*Record) {
	var left atomic.Int64
	var running sync.WaitGroup
	var pool *Pool[*Record]
	pool = NewPool(&running, func(r *Record) {
		if r.SaveNow(ctx, pool) {
			left.Add(-1)
		}
	})
	left.Store(int64(len(records)))
	for _, r := range records {
		pool.Add(r)
	}
	done := make(chan struct{})
	go func() {
		running.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done():
	}
	if n := left.Load(); n > 0 {
		s.cfg().Log.Warn("drafts not saved; they are in the store", slog.Int64("rooms", n))
	}
}

// SaveNow saves the draft of a record if it is not saved yet, and reports whether nothing is left
// to save. w is nil if the caller is no goroutine of a Pool. The lock must not be held.
func (r *Record) SaveNow(ctx context.Context, w Worker) (saved bool) {
	defer r.room.Recover()
	if r.work.lock(ctx, w) != nil {
		return false
	}
	defer r.work.unlock()
	return !r.isDirty() || ctx.Err() == nil && r.saveDraft(ctx) == nil && !r.isDirty()
}

func (r *Record) isDirty() bool {
	r.lock()
	defer r.unlock()
	return !r.room.Closed() && r.dirty
}
