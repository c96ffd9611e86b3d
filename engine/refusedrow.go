package engine

import (
	"log/slog"
	"time"
)

// refusedRow is a row of a room that the store has refused, alone of its commit. The room keeps
// it, sends nothing of it, and has it committed again after a pause that grows, while all other
// rooms go on. The zero value is none. Guarded by room.mu.
type refusedRow struct {
	data    []byte    // the row, owned; nil while it is in a commit
	err     error     // why it was refused last; nil: there is no refused row
	since   time.Time // when it was first in a commit
	tries   int       // how often it was refused
	retryAt time.Time // when it is committed again; zero while it is in a commit
}

// hasten makes the next attempt due at now.
func (f *refusedRow) hasten(now time.Time) {
	if f.data != nil {
		f.retryAt = now
	}
}

// take returns the row for one more attempt.
func (f *refusedRow) take() (row []byte) {
	row, f.data, f.retryAt = f.data, nil, time.Time{}
	return row
}

// rowRefused keeps the row that the store has refused; mu is held.
func (r *room) rowRefused(data []byte, err error, now time.Time) {
	if r.state == stateGone {
		return
	}
	r.e.metrics.refusedRows.Inc()
	f := &r.commit.refused
	if f.err == nil {
		f.since = now
		r.e.logSampled(&r.e.rowRefusals, slog.LevelError, "journal refuses updates of a room; they wait",
			slog.String("room", r.name), slog.String("reason", err.Error()))
	}
	f.data, f.err = data, err
	f.retryAt = now.Add(backoff[min(f.tries, len(backoff)-1)])
	f.tries++
	r.reschedule()
}

// rowAccepted ends what rowRefused began; mu is held.
func (r *room) rowAccepted() {
	if r.commit.refused.err == nil {
		return
	}
	r.e.log.Info("journal accepts updates of the room again", slog.String("room", r.name), slog.Int("failures", r.commit.refused.tries))
	r.commit.refused = refusedRow{}
}

// delayDue is when people are notified that a refused row is not durable, zero if they need not be.
func (r *room) delayDue() time.Time {
	if r.commit.refused.err == nil || r.commit.delayed {
		return time.Time{}
	}
	return r.commit.refused.since.Add(r.e.cfg.JournalPatience)
}
