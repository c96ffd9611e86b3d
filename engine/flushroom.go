package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/groupcommit"
	"github.com/civicpress/civic-realtime/engine/roomlock"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// flushRoom is a room as the flusher knows it.
type flushRoom room

var _ groupcommit.Room = (*flushRoom)(nil)

func (fr *flushRoom) Name() string { return fr.name }

func (fr *flushRoom) Slot() *groupcommit.Slot { return &fr.slot }

func (fr *flushRoom) Lock() *roomlock.Lock { return &fr.mu }

func (fr *flushRoom) Loaded() bool { return fr.e.roomMap.find(fr.key) == (*room)(fr) }

func (fr *flushRoom) UnflushedBytes() int64 { return fr.unflushed.Load() }

func (fr *flushRoom) Closed() bool { return fr.state == stateGone }

func (fr *flushRoom) Recover() {
	if cause := recover(); cause != nil {
		(*room)(fr).crash(cause)
	}
}

func (fr *flushRoom) Step(now time.Time, arena []byte) (row, rest []byte) {
	return (*room)(fr).step(now, arena)
}

func (fr *flushRoom) FlushNow(now time.Time) {
	if (*room)(fr).needsFlush() {
		fr.pacing.flushAt = now
	}
}

func (fr *flushRoom) PutOffFlush(now, until time.Time) {
	if schedule.Reached(fr.pacing.flushAt, now) {
		(*room)(fr).flushPresence()
		fr.pacing.flushAt = until
	}
}

func (fr *flushRoom) Committed(seq uint64, now time.Time) { (*room)(fr).finish(seq, now) }

func (fr *flushRoom) NotifyDelay() { (*room)(fr).delay() }

func (fr *flushRoom) SendPresence() {
	if fr.state != stateGone {
		(*room)(fr).flushPresence()
	}
}

func (fr *flushRoom) Refused(row []byte, err error, now time.Time) {
	(*room)(fr).rowRefused(row, err, now)
}

func (fr *flushRoom) RefusedRow() (why error, retryAt time.Time) {
	if fr.commit.refused.data == nil {
		return nil, time.Time{}
	}
	return fr.commit.refused.err, fr.commit.refused.retryAt
}

// flushRooms returns rooms as the flusher knows them.
func flushRooms(rooms []*room) []groupcommit.Room {
	all := make([]groupcommit.Room, len(rooms))
	for i, r := range rooms {
		all[i] = (*flushRoom)(r)
	}
	return all
}

// newFlusher returns the flusher of the engine's rooms.
func newFlusher(e *Engine) *groupcommit.Flusher {
	c := groupcommit.Config{
		Store: e.store, Timeout: e.cfg().StoreTimeout,
		Patience:  func() time.Duration { return e.cfg().JournalPatience },
		FlushTime: e.flushTime, WindowEnd: e.windowEnd,
		CommitTook: func(began time.Time) { e.logSlow(journalCommit, "", began) },
		Failed:     func(err error) { e.publishFailure(events.FailedCommit, "", err) },
		Log:        e.log, Metrics: e.metrics.set,
	}
	if e.cfg().NoJournal {
		c.Store = nil
	}
	return groupcommit.New(c, e.sched)
}
