package console

import (
	"context"
	"time"
)

// NewSessions returns no sessions. ended is told about the end of each.
func NewSessions(l Limits, ended func(End)) *Sessions {
	return &Sessions{limits: l, ended: ended, all: map[hashed]*Session{}}
}

// Begin returns a new session of an operator, and its identifier. If there are too many the oldest
// one ends.
func (s *Sessions) Begin(name string) (id string, begun *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	for len(s.all) >= s.limits.Most {
		s.remove(s.oldest(), Replaced)
	}
	id = newID()
	begun = &Session{Name: name, of: s, key: hashOf(id), began: time.Now(), used: time.Now()}
	begun.ctx, begun.end = context.WithCancel(context.Background())
	s.all[begun.key] = begun
	return id, begun
}

// Enter returns the session that one of some identifiers stands for, of several the first; nil if
// there is none. It counts a request in progress: Session.Leave must follow.
func (s *Sessions) Enter(ids []string) *Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		found := s.all[hashOf(id)]
		if found == nil {
			continue
		}
		if why, over := found.over(time.Now()); over {
			s.remove(found, why)
			continue
		}
		found.enter()
		return found
	}
	return nil
}

// EndOf ends the sessions that identifiers stand for.
func (s *Sessions) EndOf(ids []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		if found := s.all[hashOf(id)]; found != nil {
			s.remove(found, SignedOut)
		}
	}
}

// EndAll ends all sessions.
func (s *Sessions) EndAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, one := range s.all {
		s.remove(one, Revoked)
	}
}

// Reconfigure replaces the limits, also for sessions that there are.
func (s *Sessions) Reconfigure(l Limits) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = l
	s.sweep()
	for len(s.all) > l.Most {
		s.remove(s.oldest(), Replaced)
	}
	for _, one := range s.all {
		if one.timer != nil {
			one.timer.Reset(time.Until(one.expires()))
		}
	}
}

// Len returns how many sessions there are.
func (s *Sessions) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	return len(s.all)
}

// sweep removes the sessions whose time is over; mu is held.
func (s *Sessions) sweep() {
	now := time.Now()
	for _, one := range s.all {
		if why, over := one.over(now); over {
			s.remove(one, why)
		}
	}
}

// oldest returns the session that began first; mu is held.
func (s *Sessions) oldest() (oldest *Session) {
	for _, one := range s.all {
		if oldest == nil || one.began.Before(oldest.began) {
			oldest = one
		}
	}
	return oldest
}
