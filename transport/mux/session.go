package mux

import (
	"net"
	"sync"
)

// Session is one connection between two nodes, with its streams. Its methods may be called by
// several goroutines at once.
type Session struct {
	conn   net.Conn
	cfg    Config
	client bool

	wake  chan struct{} // receives when out is not empty any more, without Config.Soon
	flush chan struct{} // receives when out is to be written at once
	ended chan struct{} // closed when err is set

	mu sync.Mutex

	// The following fields, and the streams, are guarded by mu.

	err     error // why the session has ended; nil while it lives
	streams map[uint32]*Stream
	last    uint32    // the highest stream that was opened
	out     []byte    // frames to be written next
	waiting []*Stream // that wait until out was written

	closesIdle bool // the session ends with its last stream

	orphans   map[uint32]*Stream // the streams that the session had when it ended
	delivered sync.Cond          // a call of Stream.deliver has returned
}

// newSession returns a session that does nothing yet.
func newSession(c net.Conn, cfg Config, client bool) *Session {
	s := &Session{
		conn: c, cfg: cfg, client: client,
		wake: make(chan struct{}, 1), flush: make(chan struct{}, 1), ended: make(chan struct{}),
		streams: make(map[uint32]*Stream),
	}
	s.delivered.L = &s.mu
	return s
}

// Err returns why the session has ended, an error that wraps ErrEnded. nil: it has not.
func (s *Session) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

// add makes a stream. The lock must be held.
func (s *Session) add(id uint32) *Stream {
	st := &Stream{session: s, id: id, live: true, send: Window, receive: Window}
	st.readable.L, st.writable.L = &s.mu, &s.mu
	s.streams[id], s.last = st, id
	return st
}

// remove makes the session ignore further frames of a stream. The lock must be held.
func (s *Session) remove(st *Stream) {
	st.live = false
	delete(s.streams, st.id)
	if s.closesIdle {
		signal(s.flush)
	}
}

// signal wakes a goroutine that receives from c, now or when it receives next.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
