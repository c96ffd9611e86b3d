package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// flusher takes the rooms that are due, commits what is new in them with one
// call of the store, and lets them broadcast it. What waits while it is in the
// store is the next group.
type flusher struct {
	e       *Engine
	failure atomic.Pointer[error] // of the last commit; nil when it succeeded
	behind  atomic.Bool           // rows have waited for longer than Config.JournalPatience

	offers offers
	relief *relief

	// The rest belongs to the goroutine in run and, once that has ended, to Drain.
	arena         []byte // holds the rows of one commit; nil once a room keeps one for longer
	due           []*room
	heavy         []*room   // scratch of portion
	deferredSteps int       // how many steps the last flush left to rooms' own goroutines
	rooms         []*room   // those with a row that is not durable
	rows          []Row     // of rooms, by the same index
	waitsFrom     time.Time // when the oldest of them should have been committed; zero without any
	failures      int       // in a row
	retryAt       time.Time
	nextCommit    time.Time // when the next commit may begin
}

func newFlusher(e *Engine) *flusher {
	f := &flusher{e: e}
	f.relief = newRelief(f)
	return f
}

// run flushes until stop is closed. After a commit it rests until windows end next, so
// that on a busy server there is one a tick, for all rooms: a commit costs much the
// same for one and for many. One shortly before puts off nobody whose window ends then.
func (f *flusher) run(stop <-chan struct{}) {
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	for {
		now := f.e.flushTime(time.Now())
		due, next := f.take(now)
		busy := len(due) > 0 || next.IsZero() && f.offers.some()
		if f.due = due; busy {
			f.flush(due, now)
			clear(f.due)
		} else if next.IsZero() {
			alarm.Stop()
		} else {
			alarm.Reset(time.Until(next))
		}
		if !f.pause(busy, alarm.C, stop) {
			return
		}
	}
}

// take returns the rooms that are due, or when to look for them again, zero if there is
// nothing to wait for.
func (f *flusher) take(now time.Time) (due []*room, next time.Time) {
	offered := f.offers.some()
	if !now.Before(f.nextCommit) {
		if due, next = f.e.sched.Take(now, f.due[:0]); offered {
			next = time.Time{}
		}
		return due, next
	}
	if next = f.e.sched.Next(); offered {
		next = now
	}
	if !next.IsZero() {
		next = schedule.Latest(next, f.nextCommit)
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
	case <-f.e.sched.Wake():
	case <-alarm:
	}
	return true
}

// flush does what is due in rooms: step, commit, finish. It waits for no room's lock,
// and says whether there was something to commit.
func (f *flusher) flush(due []*room, now time.Time) (some bool) {
	f.begin()
	f.deferredSteps = 0
	for _, r := range f.portion(due, now) {
		if row := f.step(r, now); row != nil {
			f.add(r, row)
		}
	}
	if len(f.rows) == 0 {
		return false
	}
	if f.commit(now) != nil {
		f.postpone()
		return true
	}
	f.recover()
	for i, r := range f.rooms {
		if row := &f.rows[i]; row.Err != nil {
			f.refuse(r, *row, now)
		} else {
			f.finish(r, row.Seq, len(row.Data), now)
		}
	}
	f.clear()
	return true
}

func (f *flusher) step(r *room, now time.Time) (row []byte) {
	var ended error
	defer r.guard(&ended)
	if !r.mu.TryRun(func() { row, f.arena = r.step(now, f.arena) }) {
		f.deferredSteps++
		f.deferStep(r, false)
	}
	return row
}

// deferStep leaves the step to the room's own goroutine, which offers the row. If so
// asked, what waits for a flush is due at once.
func (f *flusher) deferStep(r *room, hurry bool) {
	if r.stepDeferred.Swap(true) {
		return
	}
	r.mu.Defer(func() {
		r.stepDeferred.Store(false)
		now := time.Now()
		if hurry {
			r.hasten(now)
		}
		row, _ := r.step(now, nil)
		f.offers.add(r, row)
		f.e.sched.WakeUp()
	})
}

// longRow is how many bytes of updates a room's own goroutine passes on: splitting some megabytes of
// small structs takes tenths of a second, and others wait for the flusher.
const longRow = 256 << 10

// finish leaves a long row, or one of a room whose lock is held, to the room's own goroutine, and
// with it the arena, which may have the row.
func (f *flusher) finish(r *room, seq uint64, bytes int, now time.Time) {
	var ended error
	defer r.guard(&ended)
	if bytes >= longRow || !r.mu.TryRun(func() { r.finish(seq, now) }) {
		f.arena = nil
		r.mu.Defer(func() { r.finish(seq, now) })
	}
}

// refuse leaves a row that the store has refused to its room, and with it the arena.
func (f *flusher) refuse(r *room, row Row, now time.Time) {
	f.arena = nil
	r.runLocked(func() { r.rowRefused(row.Data, row.Err, now) })
}

// begin takes up what has been offered. Rows that could not be committed are there still.
// Those of rooms that have crashed since are not: they must not come after what is loaded anew.
func (f *flusher) begin() {
	if cap(f.arena) > keptArena {
		f.arena = nil
	}
	f.arena = f.arena[:0]
	if f.failures > 0 {
		rooms, rows := f.rooms, f.rows
		f.rooms, f.rows = nil, nil
		for i, r := range rooms {
			f.addLiving(r, rows[i].Data)
		}
	}
	rooms, rows := f.offers.take()
	for i, r := range rooms {
		f.addLiving(r, rows[i])
	}
}

func (f *flusher) addLiving(r *room, row []byte) {
	if f.e.roomMap.find(r.key) == r {
		f.add(r, row)
	}
}

func (f *flusher) clear() {
	clear(f.rooms)
	clear(f.rows)
	f.rooms, f.rows = f.rooms[:0], f.rows[:0]
}

func (f *flusher) add(r *room, row []byte) {
	f.rooms = append(f.rooms, r)
	f.rows = append(f.rows, Row{Room: r.name, Data: row})
}

// commit appends the rows to the journal, if there is one and it is not to be left alone for now.
func (f *flusher) commit(now time.Time) error {
	if f.e.cfg.NoJournal {
		return nil
	}
	if now.Before(f.retryAt) {
		return *f.failure.Load()
	}
	ctx, cancel := context.WithTimeout(context.Background(), f.e.cfg.StoreTimeout)
	defer cancel()
	started := time.Now()
	f.nextCommit = f.e.windowEnd(now.Add(1))
	f.relief.begin(f.wait(now))
	err := f.e.store.Append(ctx, f.rows)
	f.relief.end()
	f.e.logSlow(journalCommit, "", started)
	if err != nil {
		f.fail(now, err)
		return err
	}
	f.e.metrics.commit.UpdateDuration(started)
	return nil
}

// fail notes a failure of the store. It is logged once until the store recovers.
func (f *flusher) fail(now time.Time, err error) {
	f.e.metrics.commitFailures.Inc()
	if f.failures == 0 {
		f.e.log.Error("journal cannot be written; updates wait", slog.String("reason", err.Error()))
	}
	if !time.Now().Before(f.wait(now)) {
		f.delay()
	}
	f.retryAt = now.Add(backoff[min(f.failures, len(backoff)-1)])
	f.failures++
	err = fmt.Errorf("journal cannot be written: %w", err)
	f.failure.Store(&err)
}

func (f *flusher) recover() {
	f.waitsFrom = time.Time{}
	f.behind.Store(false)
	if f.failures == 0 {
		return
	}
	f.e.log.Info("journal can be written again", slog.Int("failures", f.failures))
	f.failures, f.retryAt = 0, time.Time{}
	f.failure.Store(nil)
}

// postpone keeps the rows, to be committed before anything else of these rooms, and
// with them the arena.
func (f *flusher) postpone() {
	f.arena = nil
	for _, r := range f.rooms {
		f.e.sched.At(&r.slot, f.retryAt)
		f.sendPresence(r)
	}
}

// sendPresence sends the presence that a room's row was to take along, which does not wait for the
// store.
func (f *flusher) sendPresence(r *room) {
	r.runLocked(func() {
		if r.state != stateGone {
			r.flushPresence()
		}
	})
}

// hasten makes what waits for a flush due now; mu is held.
func (r *room) hasten(now time.Time) {
	if r.needsFlush() {
		r.pacing.flushAt = now
	}
}
