package groupcommit

import (
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// slowAfter is how long a commit may take before another goroutine steps rooms.
const slowAfter = 50 * time.Millisecond

// slowCommit steps rooms in place of the Flusher while a commit takes long, so that presence is
// sent and the duties of rooms are done.
type slowCommit struct {
	f     *Flusher
	timer *time.Timer   // starts stepRooms
	ended chan struct{} // sent to by end, received from by stepRooms

	mu       sync.Mutex // a leaf; guards noticeAt
	noticeAt time.Time  // when users are to be notified that the store takes long

	due []Room // owned by stepRooms
}

func newSlowCommit(f *Flusher) *slowCommit {
	s := &slowCommit{f: f, ended: make(chan struct{})}
	s.timer = time.AfterFunc(time.Hour, s.stepRooms)
	s.timer.Stop()
	return s
}

// begin is called when a commit begins. If it has not ended by noticeAt users are notified.
func (s *slowCommit) begin(noticeAt time.Time) {
	s.mu.Lock()
	s.noticeAt = noticeAt
	s.mu.Unlock()
	s.timer.Reset(slowAfter)
}

// end is called when the commit has ended. It waits for stepRooms, if that was started.
func (s *slowCommit) end() {
	if !s.timer.Stop() {
		s.ended <- struct{}{}
	}
}

// stepRooms steps the rooms that are due until the commit has ended. Their rows wait for the next
// commit.
func (s *slowCommit) stepRooms() {
	s.f.metrics.slow.Inc()
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	s.mu.Lock()
	noticeAt := s.noticeAt
	s.mu.Unlock()
	for _, r := range s.f.rooms {
		runLocked(r, r.SendPresence)
	}
	for {
		now := time.Now()
		if schedule.Reached(noticeAt, now) {
			noticeAt = time.Time{}
			s.f.notifyDelay()
		}
		if next := schedule.Earliest(s.stepDue(now), noticeAt); next.IsZero() {
			alarm.Stop()
		} else {
			alarm.Reset(time.Until(next))
		}
		select {
		case <-s.ended:
			return
		case <-s.f.sched.Wake():
		case <-alarm.C:
		}
	}
}

// stepDue steps the rooms that are due, and returns when the next one is; zero if none is.
func (s *slowCommit) stepDue(now time.Time) (next time.Time) {
	s.due, next = s.f.sched.Take(now, s.due[:0])
	for _, r := range s.due {
		s.step(r, now)
	}
	clear(s.due)
	return next
}

// step steps one room. If the room has much to commit its flush is put off, as the Flusher commits
// such rooms in portions; but not while Flusher.Behind.
func (s *slowCommit) step(r Room, now time.Time) {
	defer r.Recover()
	var row []byte
	stepped := r.Lock().TryRun(func() {
		if r.UnflushedBytes() >= LargeFlush && !s.f.Behind() {
			r.PutOffFlush(now, now.Add(slowAfter))
		}
		if row, _ = r.Step(now, nil); row != nil {
			r.SendPresence()
		}
	})
	if !stepped {
		s.f.deferStep(r, false)
	}
	s.f.waiting.add(r, row)
}
