package transport

import (
	"context"
	"time"

	"github.com/civicpress/civic-realtime/transport/auth"
)

// recheckWorkers is how many sessions are rechecked at a time.
const recheckWorkers = 16

func newRechecks() *rechecks {
	r := &rechecks{}
	r.ctx, r.end = context.WithCancel(context.Background())
	return r
}

// add queues a session to be rechecked. It never blocks.
func (r *rechecks) add(s *session) {
	s.due.Store(never)
	r.mu.Lock()
	defer r.mu.Unlock()
	switch s.queue {
	case notQueued:
		r.push(s)
	case checking:
		s.queue = queuedAgain
	}
}

func (r *rechecks) push(s *session) {
	s.queue = queued
	r.queue = append(r.queue, s)
	if r.workers < recheckWorkers {
		r.workers++
		go r.work()
	}
}

func (r *rechecks) work() {
	for s := r.next(); s != nil; s = r.next() {
		s.recheck(r.ctx)
		r.done(s)
	}
}

// next waits for a session to recheck. It returns nil when the worker is to end.
func (r *rechecks) next() *session {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.queue) == 0 {
		r.queue = nil
		r.workers--
		return nil
	}
	s := r.queue[0]
	r.queue[0] = nil
	r.queue = r.queue[1:]
	s.queue = checking
	return s
}

func (r *rechecks) done(s *session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.queue == queuedAgain {
		r.push(s)
		return
	}
	s.queue = notQueued
}

// Recheck queues the sessions of a user, or of all users if user is empty, to be rechecked at once,
// and returns how many there are. Sessions that are valid until they expire are left out.
func (s *Server) Recheck(user string) (connections int) {
	var found []*session
	tokens := map[string]struct{}{}
	for slot := range sweepSlots {
		s.conns.each(slot, func(c *conn) {
			c.eachSession(func(session *session) {
				if token := session.tokenOf(user); token != "" {
					found = append(found, session)
					tokens[token] = struct{}{}
				}
			})
		})
	}
	if d, ok := s.auth.(auth.Invalidator); ok {
		for token := range tokens {
			d.Invalidate(token)
		}
	}
	for _, each := range found {
		s.rechecks.add(each)
	}
	return len(found)
}

// tokenOf returns the session's token, or "" if the session is not rechecked, or is another user's;
// an empty user stands for all.
func (s *session) tokenOf(user string) string {
	s.state.Lock()
	defer s.state.Unlock()
	if s.of == nil || user != "" && s.user != user {
		return ""
	}
	return s.token
}

// recheckIfDue queues a session to be rechecked if that is due.
func (s *Server) recheckIfDue(session *session, now time.Duration) {
	if int64(now) >= session.due.Load() {
		s.rechecks.add(session)
	}
}
