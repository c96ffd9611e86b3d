package console

import (
	"context"
	"sync"
	"time"
)

// End is the reason for the end of a session.
type End uint8

const (
	SignedOut End = iota // by the operator, or by signing in again
	Expired              // Limits.Lifetime is over
	Idle                 // Limits.Idle is over
	Replaced             // there were too many: it was the oldest
	Revoked              // the token is another, or the console is off
	ends
)

// Ends are the names of all reasons.
var Ends = [ends]string{"signed_out", "expired", "idle", "replaced", "revoked"}

// Limits bound sessions. All must be set.
type Limits struct {
	Lifetime time.Duration // of a session
	Idle     time.Duration // for which a session may have no request
	Most     int           // sessions
}

// Sessions are those of operators who have signed in. Those whose time is over are removed when
// somebody asks, so idle ones need no timer. Its methods are safe for concurrent use. Use
// NewSessions.
type Sessions struct {
	ended func(End) // is called with mu held

	mu     sync.Mutex // a leaf; guards everything below, and fields of sessions
	limits Limits
	all    map[hashed]*Session
}

// Session is the session of an operator. Use Sessions.
type Session struct {
	// Name is the name that the operator has given.
	Name string

	of    *Sessions
	key   hashed
	began time.Time
	ctx   context.Context
	end   context.CancelFunc

	// Guarded by the lock of Sessions.
	used  time.Time   // when the last request ended
	open  int         // requests and connections in progress, which count as use
	timer *time.Timer // ends the session while some are open; nil: none is
}

// Context is done when the session has ended.
func (s *Session) Context() context.Context { return s.ctx }

// Enter counts a connection in progress. Leave must follow.
func (s *Session) Enter() {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.enter()
}

// enter is Enter with the lock held. A session that has ended needs no timer.
func (s *Session) enter() {
	if s.open++; s.open == 1 && s.ctx.Err() == nil {
		s.timer = time.AfterFunc(time.Until(s.expires()), func() { s.of.expire(s) })
	}
}

// Leave ends what Enter has begun.
func (s *Session) Leave() {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.used = time.Now()
	if s.open--; s.open == 0 && s.timer != nil {
		s.timer.Stop()
		s.timer = nil
	}
}

// Expires returns when the session ends at the latest.
func (s *Session) Expires() time.Time {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	return s.expires()
}

func (s *Session) expires() time.Time { return s.began.Add(s.of.limits.Lifetime) }

// over reports whether the session has to end now, and why; the lock is held.
func (s *Session) over(now time.Time) (why End, over bool) {
	switch {
	case !now.Before(s.expires()):
		return Expired, true
	case s.open == 0 && !now.Before(s.used.Add(s.of.limits.Idle)):
		return Idle, true
	}
	return 0, false
}

// expire ends a session if its lifetime is over.
func (s *Sessions) expire(one *Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if why, over := one.over(time.Now()); over {
		s.remove(one, why)
	}
}

// remove ends a session, once; mu is held.
func (s *Sessions) remove(one *Session, why End) {
	if s.all[one.key] != one {
		return
	}
	delete(s.all, one.key)
	one.end()
	s.ended(why)
}
