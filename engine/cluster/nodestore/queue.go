package nodestore

import (
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/engine/cluster"
)

// addWork adds work on a room.
func (s *Store) addWork(r *room, w work) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.addWorkLocked(r, w)
}

func (s *Store) addWorkLocked(r *room, w work) {
	if r.work == 0 && !r.running {
		s.jobs = append(s.jobs, r)
	}
	r.work |= w
	ask(s.workDue)
}

// refused tells the Node that Redis has refused a write of a room.
func (s *Store) refused(r *room, lease cluster.Lease, err error) {
	if errors.Is(err, cluster.ErrDropped) {
		s.addWork(r, workDropped)
		return
	}
	s.c.Node.Refused(lease)
}

// pauses are the waits after each failure in a row; the last stands for all after it.
var pauses = [...]time.Duration{
	100 * time.Millisecond, 250 * time.Millisecond, time.Second, 2 * time.Second, 5 * time.Second,
}

func pause(failures int) time.Duration { return pauses[min(failures, len(pauses)-1)] }

// nextJob returns a room on which there is work now, or how long to wait for one; 0: until there is
// work.
func (s *Store) nextJob(now time.Time) (r *room, w work, wait time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, r := range s.jobs {
		if left := r.retryAt.Sub(now); left > 0 {
			if wait == 0 || left < wait {
				wait = left
			}
			continue
		}
		s.jobs = append(s.jobs[:i], s.jobs[i+1:]...)
		w, r.work, r.running = r.work, 0, true
		return r, w, 0
	}
	return nil, 0, wait
}

// persists reports whether work on a room has failed so often that it is to be logged, once, and
// not only because Redis is away.
func (s *Store) persists(r *room) bool {
	if s.c.Archive.Healthy() != nil {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return r.failures == len(pauses)-1
}

// worked ends work on a room, of which some has failed.
func (s *Store) worked(r *room, failed work, failure error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.running = false
	switch {
	case failure == errUnsent:
		r.retryAt = time.Now().Add(s.c.Delay)
	case failure != nil:
		r.retryAt = time.Now().Add(pause(r.failures))
		r.failures++
	default:
		r.failures, r.retryAt = 0, time.Time{}
	}
	if r.work |= failed; r.work != 0 {
		s.jobs = append(s.jobs, r)
	}
}
