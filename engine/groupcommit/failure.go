package groupcommit

import (
	"fmt"
	"log/slog"
	"time"
)

// pauses are the waits after each failure in a row; the last stands for all after it.
var pauses = [...]time.Duration{
	100 * time.Millisecond, 250 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second,
}

// Pause returns how long to wait after a failure of the Store; failures is how many there were in a
// row before it.
func Pause(failures int) time.Duration { return pauses[min(failures, len(pauses)-1)] }

// noticeTime returns when users are to be notified that the rows wait. They wait from now on,
// unless they have waited before.
func (f *Flusher) noticeTime(now time.Time) time.Time {
	if f.waitsFrom.IsZero() {
		f.waitsFrom = now
	}
	return f.waitsFrom.Add(f.cfg.Patience())
}

// fail notes a failure of the store. It is logged once until the store recovers.
func (f *Flusher) fail(now time.Time, err error) {
	f.metrics.failures.Inc()
	if f.failures == 0 {
		f.cfg.Log.Error("journal cannot be written; updates wait", slog.String("reason", err.Error()))
		f.cfg.Failed(err)
	}
	if !time.Now().Before(f.noticeTime(now)) {
		f.notifyDelay()
	}
	f.retryAt = now.Add(Pause(f.failures))
	f.failures++
	err = fmt.Errorf("journal cannot be written: %w", err)
	f.failure.Store(&err)
}

// recover notes that the store works.
func (f *Flusher) recover() {
	f.waitsFrom = time.Time{}
	f.behind.Store(false)
	if f.failures == 0 {
		return
	}
	f.cfg.Log.Info("journal can be written again", slog.Int("failures", f.failures))
	f.failures, f.retryAt = 0, time.Time{}
	f.failure.Store(nil)
}

// postpone keeps the rows, which are committed before anything else of these rooms, and the arena,
// which holds them.
func (f *Flusher) postpone() {
	f.arena = nil
	for _, r := range f.rooms {
		f.sched.At(&r.Slot().Due, f.retryAt)
		runLocked(r, r.SendPresence)
	}
}

// notifyDelay notifies the rooms whose rows are not durable. Rooms that make a row later find out
// by Behind.
func (f *Flusher) notifyDelay() {
	f.behind.Store(true)
	for _, r := range f.rooms {
		runLocked(r, r.NotifyDelay)
	}
	for _, r := range f.waiting.of() {
		runLocked(r, r.NotifyDelay)
	}
}
