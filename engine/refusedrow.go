package engine

import (
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/groupcommit"
)

// rowRefused keeps a row that the store has refused. mu is held.
func (r *room) rowRefused(data []byte, err error, now time.Time) {
	if r.state == stateGone {
		return
	}
	if isNotOwner(err) {
		r.leftToOwner(now)
		return
	}
	r.e.metrics.refusedRows.Inc()
	f := &r.commit.refused
	if f.err == nil {
		f.since = now
		r.e.publishFailure(events.FailedCommit, r.name, err)
		r.e.rowRefusals.Log(r.e.log, slog.LevelError, "journal refuses updates of a room; they wait",
			slog.String("room", r.name), reason(err))
	}
	f.data, f.err = data, err
	f.retryAt = now.Add(groupcommit.Pause(f.tries))
	f.tries++
	r.flushPresence()
	r.reschedule()
}

// leftToOwner is called when the store keeps a row for the node that has the room now. The room
// ends, and nobody is sent the row. mu is held.
func (r *room) leftToOwner(now time.Time) {
	r.commit.end()
	r.commit.refused = refusedRow{}
	r.disown(now)
}

// rowAccepted logs that a row is durable that was refused before, if it was. mu is held.
func (r *room) rowAccepted() {
	if r.commit.refused.err == nil {
		return
	}
	r.e.log.Info("journal accepts updates of the room again",
		slog.String("room", r.name), slog.Int("failures", r.commit.refused.tries))
	r.commit.refused = refusedRow{}
}

// delayDue returns when users are to be notified that a refused row is not durable; zero if they
// are not.
func (r *room) delayDue() time.Time {
	if r.commit.refused.err == nil || r.commit.delayed {
		return time.Time{}
	}
	return r.commit.refused.since.Add(r.e.cfg().JournalPatience)
}
