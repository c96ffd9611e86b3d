package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"
)

// flusher takes the rooms that are due, commits what is new in them with one
// call of the store, and lets them broadcast it. What waits while it is in the
// store is the next group.
type flusher struct {
	e       *Engine
	failure atomic.Pointer[error] // of the last commit; nil when it succeeded

	// The rest belongs to the goroutine in run and, once that has ended, to Drain.
	arena    []byte // holds the rows of one commit
	due      []*room
	rooms    []*room // those with a row, names and rows in step with it
	names    []string
	rows     [][]byte
	failures int // in a row
	retryAt  time.Time
	restful  time.Time // when the next commit may begin
}

// backoff is the wait after each failure in a row; the last stands for all after it.
var backoff = [...]time.Duration{
	100 * time.Millisecond, 250 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second,
}

// run flushes until stop is closed. After a commit it rests until windows end next, so
// that on a busy server there is one a beat, for all rooms: a commit costs much the
// same for one and for many. One shortly before puts off nobody whose window ends then.
func (f *flusher) run(stop <-chan struct{}) {
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	for {
		now := f.e.flushTime(time.Now())
		due, next := f.take(now)
		if f.due = due; len(due) > 0 {
			f.flush(due, now)
			clear(f.due)
		} else if next.IsZero() {
			alarm.Stop()
		} else {
			alarm.Reset(time.Until(next))
		}
		if !f.pause(len(due) > 0, alarm.C, stop) {
			return
		}
	}
}

// take returns the rooms that are due, or when to look for them again, zero if there are none.
func (f *flusher) take(now time.Time) (due []*room, next time.Time) {
	if !now.Before(f.restful) {
		return f.e.sched.take(now, f.due[:0])
	}
	if next = f.e.sched.next(); !next.IsZero() {
		next = latest(next, f.restful)
	}
	return f.due[:0], next
}

// pause waits until there may be something to do, unless busy, and returns false when stopped.
func (f *flusher) pause(busy bool, alarm <-chan time.Time, stop <-chan struct{}) bool {
	if busy {
		select {
		case <-stop:
			return false
		default:
			return true
		}
	}
	select {
	case <-stop:
		return false
	case <-f.e.sched.wake:
	case <-alarm:
	}
	return true
}

// flush does what is due in rooms: step, commit, finish.
func (f *flusher) flush(due []*room, now time.Time) {
	f.begin()
	for _, r := range due {
		if row := f.step(r, now); row != nil {
			f.add(r, row)
		}
	}
	if len(f.rows) == 0 {
		return
	}
	last, err := f.commit(now)
	if err != nil {
		f.postpone()
		return
	}
	f.recover()
	for i, r := range f.rooms {
		f.finish(r, last-uint64(len(f.rooms)-1-i), now)
	}
}

func (f *flusher) step(r *room, now time.Time) (row []byte) {
	var ended error
	defer r.guard(&ended)
	row, f.arena = r.step(now, f.arena)
	return row
}

func (f *flusher) finish(r *room, seq uint64, now time.Time) {
	var ended error
	defer r.guard(&ended)
	r.finish(seq, now)
}

// keptArena is the capacity of the largest arena that is kept, in bytes.
const keptArena = 4 << 20

func (f *flusher) begin() {
	if cap(f.arena) > keptArena {
		f.arena = nil
	}
	clear(f.rooms)
	clear(f.rows)
	f.arena, f.rooms, f.names, f.rows = f.arena[:0], f.rooms[:0], f.names[:0], f.rows[:0]
}

func (f *flusher) add(r *room, row []byte) {
	f.rooms = append(f.rooms, r)
	f.names = append(f.names, r.name)
	f.rows = append(f.rows, row)
}

// commit appends the rows to the journal, if there is one and it is not to be left alone for now.
func (f *flusher) commit(now time.Time) (last uint64, err error) {
	if f.e.cfg.NoJournal {
		return uint64(len(f.rows)), nil
	}
	if now.Before(f.retryAt) {
		return 0, *f.failure.Load()
	}
	ctx, cancel := context.WithTimeout(context.Background(), f.e.cfg.StoreTimeout)
	defer cancel()
	started := time.Now()
	f.restful = f.e.windowEnd(now.Add(1))
	if last, err = f.e.store.Append(ctx, f.names, f.rows); err != nil {
		f.fail(now, err)
		return 0, err
	}
	f.e.metrics.commit.UpdateDuration(started)
	return last, nil
}

// fail notes a failure of the store. It is logged once until the store recovers.
func (f *flusher) fail(now time.Time, err error) {
	f.e.metrics.commitFailures.Inc()
	if f.failures == 0 {
		f.e.log.Error("journal cannot be written; updates wait", slog.String("reason", err.Error()))
	}
	f.retryAt = now.Add(backoff[min(f.failures, len(backoff)-1)])
	f.failures++
	err = fmt.Errorf("journal cannot be written: %w", err)
	f.failure.Store(&err)
}

func (f *flusher) recover() {
	if f.failures == 0 {
		return
	}
	f.e.log.Info("journal can be written again", slog.Int("failures", f.failures))
	f.failures, f.retryAt = 0, time.Time{}
	f.failure.Store(nil)
}

// postpone leaves the rooms with their rows, to be committed before anything else of theirs.
func (f *flusher) postpone() {
	for _, r := range f.rooms {
		r.keep()
		f.e.sched.at(r, f.retryAt)
	}
}

// last flushes rooms without waiting for windows until all is committed or ctx is done.
func (f *flusher) last(ctx context.Context, rooms []*room) error {
	f.retryAt = time.Time{}
	for {
		now := time.Now()
		for _, r := range rooms {
			r.hasten(now)
		}
		f.flush(rooms, now)
		if len(f.rows) == 0 {
			return nil
		}
		if f.failures == 0 {
			continue
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d rooms with updates that are not durable: %w", len(f.rows), *f.failure.Load())
		case <-time.After(time.Until(f.retryAt)):
		}
	}
}

// hasten makes what waits for a flush due now.
func (r *room) hasten(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.untold() {
		r.flushAt = now
	}
}
