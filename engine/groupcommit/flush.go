package groupcommit

import (
	"context"
	"time"
)

// flush steps rooms, commits their rows and lets them send. It waits for no room's lock, and
// returns true if there was something to commit. It reorders due.
func (f *Flusher) flush(due []Room, now time.Time) (some bool) {
	f.beginGroup()
	f.deferredSteps = 0
	for _, r := range f.limitSize(due, now) {
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
			f.refused(r, *row, now)
		} else {
			f.committed(r, row, now)
		}
	}
	f.endGroup()
	return true
}

const (
	// LargeFlush is from how many bytes of updates on the flush of a room makes others wait.
	LargeFlush = 64 << 10
	// CommitBytes is about how many bytes of updates of such rooms go into one commit. Other rooms
	// with a keystroke in the same commit wait until all of it is durable.
	CommitBytes = 4 << 20
)

// limitSize returns those of due that are flushed now: first all that have little to commit, then,
// in their order, those that have much: at least one, and up to CommitBytes. The others are due
// again in the next flush.
func (f *Flusher) limitSize(due []Room, now time.Time) []Room {
	small := due[:0]
	f.large = f.large[:0]
	for _, r := range due {
		if r.UnflushedBytes() < LargeFlush {
			small = append(small, r)
		} else {
			f.large = append(f.large, r)
		}
	}
	defer clear(f.large)
	bytes := int64(0)
	for i, r := range f.large {
		if bytes += r.UnflushedBytes(); bytes > CommitBytes && i > 0 {
			f.putOff(f.large[i:], now)
			return append(small, f.large[:i]...)
		}
	}
	return append(small, f.large...)
}

// putOff makes rooms due in the next flush.
func (f *Flusher) putOff(rooms []Room, now time.Time) {
	for _, r := range rooms {
		f.sched.At(&r.Slot().Due, now)
	}
}

// commit appends the rows to the journal. It does nothing without a Store, and returns the last
// failure while the pause after it lasts.
func (f *Flusher) commit(now time.Time) error {
	if f.cfg.Store == nil {
		return nil
	}
	if now.Before(f.retryAt) {
		return f.Failure()
	}
	ctx, cancel := context.WithTimeout(context.Background(), f.cfg.Timeout)
	defer cancel()
	started := time.Now()
	f.nextCommit = f.cfg.WindowEnd(now.Add(1))
	f.slow.begin(f.noticeTime(now))
	err := f.cfg.Store.Append(ctx, f.rows)
	f.slow.end()
	f.cfg.CommitTook(started)
	if err != nil {
		f.fail(now, err)
		return err
	}
	f.metrics.commits.UpdateDuration(started)
	return nil
}
