package groupcommit

import (
	"context"
	"time"
)

// flush does what is due in rooms: step, commit, send. It waits for no room's lock, and reports
// that there was something to commit. It reorders due.
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
	// LargeFlush is how many bytes of updates a room has that makes others wait for its flush.
	LargeFlush = 64 << 10
	// CommitBytes is about how many bytes of updates of such rooms go into one commit. Others
	// whose keystroke is in the same commit wait until all of it is durable.
	CommitBytes = 4 << 20
)

// limitSize returns those of due that are flushed now: all that have little to commit, and then,
// in their order, those that have much, at least one and up to CommitBytes. The rest is due in the
// next flush.
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

func (f *Flusher) putOff(rooms []Room, now time.Time) {
	for _, r := range rooms {
		f.sched.At(&r.Slot().Due, now)
	}
}

// commit appends the rows to the journal, if there is one and no pause after a failure.
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
