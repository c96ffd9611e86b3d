package groupcommit

import (
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// slowAfter is how long a commit may take before another goroutine steps rooms.
const slowAfter = 50 * time.Millisecond

// slowCommit steps rooms in the Flusher's place while a commit takes long, so that presence is
// sent, and rooms go on.
type slowCommit struct {
	f     *Flusher
	timer *time.Timer   // begins stepRooms
	ended chan struct{} // the commit has ended; received by stepRooms

	mu       sync.Mutex // a leaf; guards noticeAt
	noticeAt time.Time  // when users are notified that the store takes long

	due []Room // stepRooms' own
}

func newSlowCommit(f *Flusher) *slowCommit {
	s := &slowCommit{f: f, ended: make(chan struct{})}
	s.timer = time.AfterFunc(time.Hour, s.stepRooms)
	s.timer.Stop()
	return s
}

// begin is called when a commit begins, and end when it has ended. If it has not by noticeAt users
// are notified.
func (s *slowCommit) begin(noticeAt time.Time) {
	s.mu.Lock()
	s.noticeAt = noticeAt
	s.mu.Unlock()
	s.timer.Reset(slowAfter)
}

func (s *slowCommit) end() {
	if !s.timer.Stop() {
		s.ended <- struct{}{}
	}
}

// stepRooms steps the rooms that are due until the commit has ended. The rows that they make wait
// for the next commit.
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

// stepDue steps the rooms that are due, and returns when the next one is, zero if none is.
func (s *slowCommit) stepDue(now time.Time) (next time.Time) {
	s.due, next = s.f.sched.Take(now, s.due[:0])
	for _, r := range s.due {
		s.step(r, now)
	}
	clear(s.due)
	return next
}

// step steps one room. It leaves the flush of a room that has much to commit to the Flusher, which
// commits such rooms in portions, unless the store takes long indeed.
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
