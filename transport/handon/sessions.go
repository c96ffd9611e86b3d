package handon

import (
	"sync"

	"github.com/civicpress/civic-realtime/transport/mux"
)

var errTooMany = &RefusedError{NotReady, "too many connections in their preamble"}

// sessions are those that other nodes have begun.
type sessions struct {
	mu     sync.Mutex // guards everything below
	all    map[*mux.Session]struct{}
	closed bool
}

// add adds a session, which ends with its last stream if no more are accepted.
func (s *sessions) add(session *mux.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		session.CloseIdle()
		return
	}
	if s.all == nil {
		s.all = map[*mux.Session]struct{}{}
	}
	if session.Err() == nil {
		s.all[session] = struct{}{}
	}
}

func (s *sessions) remove(session *mux.Session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.all, session)
}

// close ends sessions with their last stream.
func (s *sessions) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for session := range s.all {
		session.CloseIdle()
	}
}
