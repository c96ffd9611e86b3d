package groupcommit

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/engine/roomlock"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// fakeRoom has a row to commit whenever it is written to.
type fakeRoom struct {
	w    *world
	name string
	slot Slot
	lock roomlock.Lock
	held chan struct{} // closed by release; nil while the lock is not held for long

	unflushed atomic.Int64 // length of text

	// Guarded by lock.
	text      string // in no row yet
	pending   bool   // a row is in no commit yet, or in one that has not ended
	flushAt   time.Time
	refusal   error
	row       []byte // that was refused
	retryAt   time.Time
	sent      []uint64 // sequence numbers
	delays    int
	crashed   bool
	presences int // sent without a row
}

func (r *fakeRoom) Name() string          { return r.name }
func (r *fakeRoom) Slot() *Slot           { return &r.slot }
func (r *fakeRoom) Lock() *roomlock.Lock  { return &r.lock }
func (r *fakeRoom) Loaded() bool          { return !r.crashed }
func (r *fakeRoom) UnflushedBytes() int64 { return r.unflushed.Load() }
func (r *fakeRoom) Recover()              { _ = recover() }
func (r *fakeRoom) Closed() bool          { return r.crashed }
func (r *fakeRoom) NotifyDelay()          { r.delays++ }
func (r *fakeRoom) SendPresence()         { r.presences++ }
func (r *fakeRoom) Go(f func())           { go f() }

// hold takes the lock until release is called. Waiting for it takes the bubble's time, and no real
// time.
func (r *fakeRoom) hold() {
	r.held = make(chan struct{})
	r.lock.Lock()
}

// release releases the lock, and waits until the work that was deferred is done.
func (r *fakeRoom) release() {
	r.lock.Unlock()
	close(r.held)
	synctest.Wait()
}

func (r *fakeRoom) CallLocked(f func()) {
	if r.held != nil {
		<-r.held
	}
	r.lock.Lock()
	defer r.lock.Unlock()
	f()
}

func (r *fakeRoom) Step(now time.Time, arena []byte) (row, rest []byte) {
	if schedule.Reached(r.retryAt, now) {
		row, r.row, r.retryAt = r.row, nil, time.Time{}
		return row, arena
	}
	if !schedule.Reached(r.flushAt, now) || r.pending || r.text == "" {
		return nil, arena
	}
	start := len(arena)
	arena = append(arena, r.text...)
	r.text, r.pending, r.flushAt = "", true, time.Time{}
	r.unflushed.Store(0)
	return arena[start:len(arena):len(arena)], arena
}

func (r *fakeRoom) FlushNow(now time.Time) { r.flushAt = now }

func (r *fakeRoom) PutOffFlush(now, until time.Time) {
	if schedule.Reached(r.flushAt, now) {
		r.presences++
		r.flushAt = until
		r.w.sched.At(&r.slot.Due, until)
	}
}

func (r *fakeRoom) Committed(seq uint64, now time.Time) {
	r.sent, r.pending, r.refusal = append(r.sent, seq), false, nil
	if r.text != "" {
		r.flushAt = now
		r.w.sched.At(&r.slot.Due, now)
	}
}

func (r *fakeRoom) Refused(row []byte, err error, now time.Time) {
	r.row, r.refusal, r.retryAt = slices.Clone(row), err, now.Add(time.Second)
	r.w.sched.At(&r.slot.Due, r.retryAt)
}

func (r *fakeRoom) RefusedRow() (why error, retryAt time.Time) {
	if r.row == nil {
		return nil, time.Time{}
	}
	return r.refusal, r.retryAt
}

// write makes the room due for a flush with text in its row, at once if its lock is free.
func (r *fakeRoom) write(text string) {
	r.lock.RunOrDefer(func() {
		r.text += text
		r.unflushed.Store(int64(len(r.text)))
		r.flushAt = time.Now()
		r.w.sched.At(&r.slot.Due, r.flushAt)
	})
	synctest.Wait()
}

// world is a Flusher over a Store that keeps commits, in a bubble with a clock of its own. It
// implements the Store.
type world struct {
	*Flusher
	t     *testing.T
	sched *Schedule

	mu      sync.Mutex
	commits [][]string    // room and text of each row
	fails   error         // of Append
	refuses string        // name of the room of which rows are refused
	takes   time.Duration // how long Append takes
	seq     uint64

	end func() // ends Run
}

func (w *world) Append(_ context.Context, rows []Row) error {
	w.mu.Lock()
	takes := w.takes
	w.mu.Unlock()
	time.Sleep(takes)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fails != nil {
		return w.fails
	}
	var commit []string
	for i := range rows {
		if r := &rows[i]; r.Room == w.refuses {
			r.Err = errRefused
		} else {
			w.seq++
			r.Seq = w.seq
			commit = append(commit, r.Room+" "+string(r.Data))
		}
	}
	slices.Sort(commit)
	w.commits = append(w.commits, commit)
	return nil
}

// set changes the behaviour of the Store.
func (w *world) set(change func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	change()
}

// inWorld runs f with a Flusher that runs until f ends.
func inWorld(t *testing.T, f func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, sched: schedule.New[Room]()}
		w.Flusher = New(Config{
			Store: w, Timeout: time.Minute, Patience: func() time.Duration { return 2 * time.Second },
			FlushTime:  func(now time.Time) time.Time { return now },
			WindowEnd:  func(t time.Time) time.Time { return t },
			CommitTook: func(time.Time) {}, Failed: func(error) {},
			Log: slog.New(slog.DiscardHandler), Metrics: metrics.NewSet(),
		}, w.sched)
		stop, ended := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(ended)
			w.Run(stop)
		}()
		w.end = sync.OnceFunc(func() {
			close(stop)
			<-ended
		})
		f(w)
		w.end()
	})
}

func (w *world) room(name string) *fakeRoom {
	r := &fakeRoom{w: w, name: name}
	r.lock.Init(r)
	r.slot.Due.Item = r
	return r
}

// pass lets time pass, and waits for everything that is due by then.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}
