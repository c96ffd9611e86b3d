package mux

import (
	"net"
	"sync"
	"time"
)

// Stream is a stream of a Session. It implements net.Conn. Its methods may be called by several
// goroutines at once.
type Stream struct {
	session *Session
	id      uint32

	// The following fields are guarded by Session.mu.

	live            bool // is in Session.streams
	answered        bool // the server has answered
	sentEnd, gotEnd bool // an end frame of this node, of the other one
	closed          bool // Close or Reset here
	writing         bool // a call of Write is under way
	short           bool // TryWrite took less than all, and Writable was not called since
	queued          bool // is in Session.waiting
	busy            bool // a goroutine calls Received or Ended, and then with all that comes
	passedEnd       bool // Ended was called with nil
	passedErr       bool // Ended was called with err

	err      error // why it has ended in another way: ErrReset, or wraps ErrEnded
	send     int   // bytes that may be sent
	receive  int   // bytes that may come
	consumed int   // bytes for which no window frame was sent

	answer          []byte // of the server, until Open returns
	in              []byte // has come and was not read; nil if it is empty
	events          Events // nil: Read is used
	readBy, writeBy *deadline
	readable        sync.Cond // for Read, and Open
	writable        sync.Cond // for Write
}

var _ net.Conn = (*Stream)(nil)

// LocalAddr implements net.Conn. It returns the address of the connection.
func (st *Stream) LocalAddr() net.Addr { return st.session.conn.LocalAddr() }

// RemoteAddr implements net.Conn. It returns the address of the connection.
func (st *Stream) RemoteAddr() net.Addr { return st.session.conn.RemoteAddr() }

// SetDeadline implements net.Conn.
func (st *Stream) SetDeadline(t time.Time) error { return st.setDeadlines(t, true, true) }

// SetReadDeadline implements net.Conn.
func (st *Stream) SetReadDeadline(t time.Time) error { return st.setDeadlines(t, true, false) }

// SetWriteDeadline implements net.Conn. TryWrite has no deadline, as it does not wait.
func (st *Stream) SetWriteDeadline(t time.Time) error { return st.setDeadlines(t, false, true) }

func (st *Stream) setDeadlines(t time.Time, read, write bool) error {
	st.session.mu.Lock()
	defer st.session.mu.Unlock()
	if st.closed {
		return net.ErrClosed
	}
	if read {
		st.readBy.stop()
		st.readBy = newDeadline(t, &st.readable)
	}
	if write {
		st.writeBy.stop()
		st.writeBy = newDeadline(t, &st.writable)
	}
	return nil
}

// wakeAll wakes all calls that wait, as the stream has ended, and stops the deadlines. The lock
// must be held.
func (st *Stream) wakeAll() {
	st.readBy.stop()
	st.writeBy.stop()
	st.readable.Broadcast()
	st.writable.Broadcast()
}

// fail ends the stream with an error. The lock must be held.
func (st *Stream) fail(err error) {
	st.live = false
	st.err = err
	st.wakeAll()
}
