package mux

import (
	"fmt"
	"net"
)

// Close ends the session and all its streams, and closes the connection. Frames that wait to be
// written are lost.
func (s *Session) Close() error { return s.end(net.ErrClosed) }

// CloseIdle ends the session when it has no streams, now or later, and what was sent is written.
// The other node can open no more streams.
func (s *Session) CloseIdle() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closesIdle = true
	s.Flush()
}

// isOver reports whether nothing is left to do after CloseIdle.
func (s *Session) isOver() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closesIdle && len(s.streams) == 0 && len(s.out) == 0
}

// closeWrite ends the direction to the other node, which then ends the session: if this node did,
// frames that come at the same time would make TCP drop what was written last.
func (s *Session) closeWrite() {
	if half, ok := s.conn.(interface{ CloseWrite() error }); !ok || half.CloseWrite() != nil {
		_ = s.Close()
	}
}

// end ends the session, unless it has ended already. It wakes all calls that wait; Events are
// called by the reader, which finds the connection closed.
func (s *Session) end(cause error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil
	}
	s.err = fmt.Errorf("%w: %w", ErrEnded, cause)
	s.orphans, s.streams = s.streams, nil
	for _, st := range s.orphans {
		st.fail(s.err)
	}
	s.out, s.waiting = nil, nil
	close(s.ended)
	return s.closeConn()
}

// closeConn closes the connection. The lock must be held; it is released during the call.
func (s *Session) closeConn() error {
	s.mu.Unlock()
	defer s.mu.Lock()
	return s.conn.Close()
}

// finish calls Events of all streams that the session had when it ended, and then Config.Ended.
// Only the reader calls it, at its end.
func (s *Session) finish() {
	s.mu.Lock()
	for _, st := range s.orphans {
		for st.busy { // Notify is being called
			s.delivered.Wait()
		}
		st.deliverAll()
	}
	s.orphans = nil
	err := s.err
	s.mu.Unlock()
	if s.cfg.Ended != nil {
		s.cfg.Ended(err)
	}
}
