package transport

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/transport/auth"
)

// session is one client in one room, over a connection. The connection has the socket, the frames,
// the limits and the pauses; the session has the client's identity in the room, and its expiry. A
// connection has one session (conn.session) or several (conn.documents): then Close and a refused
// join end the session only. The engine, the rechecks and the messages that wait for a room
// (deferredFrame) refer to sessions, not to connections.
//
// It implements engine.Conn.
type session struct {
	conn    *conn
	expires atomic.Int64 // Unix time at which the session ends; or never

	// member is nil while the session is in no room. It is changed with conn.reading held.
	member atomic.Pointer[member]

	tokens *tokenQueue // nil: there are none; guarded by conn.reading

	document *document // nil: it is none of several

	recheckState
}

// tokenQueue are to be checked in this order.
type tokenQueue struct{ list []string }

// member is a session in its room. It is immutable.
type member struct {
	peer
	joined time.Duration // services.clock when it joined
}

// peer returns the session's client in its room; nil while it is in no room.
func (s *session) peer() peer {
	if m := s.member.Load(); m != nil {
		return m.peer
	}
	return nil
}

// recheckState is the state for rechecking a session.
type recheckState struct {
	due   atomic.Int64 // services.clock at which a recheck is due; or never
	queue queueState   // guarded by rechecks.mu

	state     sync.Mutex    // guards everything below; held while a new identity takes effect
	of        peer          // nil: the session is not rechecked
	user      string        // id
	token     string        // that Authenticator.Admit is asked about
	checkedAt time.Duration // services.clock as of which the session was known to be valid
}

// queueState is the state of a session in the queue of rechecks.
type queueState uint8

const (
	notQueued queueState = iota
	queued
	checking    // being rechecked
	queuedAgain // being rechecked, and queued to be rechecked once more
)

func newSession(c *conn) *session {
	s := new(session)
	s.init(c)
	return s
}

func (s *session) init(c *conn) {
	s.conn = c
	s.expires.Store(never)
	s.due.Store(never)
}

// setExpiry makes the session end when its token expires.
func (s *session) setExpiry(granted auth.Session) {
	ends := int64(never)
	if !granted.Expires.IsZero() {
		ends = granted.Expires.Unix()
	}
	s.expires.Store(ends)
}

// leave takes the client out of its room; conn.reading is held.
func (s *session) leave() {
	if m := s.member.Swap(nil); m != nil {
		m.Leave()
		code := int(s.conn.code.Load())
		if s.document != nil {
			code = int(s.document.endCode)
		}
		go s.conn.logLeft(m.peer, s.conn.now()-m.joined, code)
	}
}

// ConnectionID implements engine.Numbered. Each of several sessions has a number of its own.
func (s *session) ConnectionID() uint64 {
	if s.document != nil {
		return s.document.id
	}
	return s.conn.id
}

// rechecks is the queue of sessions to be rechecked, and its workers, which live while it is not
// empty.
type rechecks struct {
	ctx context.Context // done when the server ends
	end func()

	mu      sync.Mutex // guards everything below, and recheckState.queue
	queue   []*session
	workers int
}
