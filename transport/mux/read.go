package mux

import (
	"io"
	"net"
	"os"
)

// Read implements net.Conn. It returns io.EOF when the other node has ended its direction. Bytes
// that came before the stream was reset, or the session ended, are read before the error.
func (st *Stream) Read(p []byte) (int, error) {
	st.session.mu.Lock()
	defer st.session.mu.Unlock()
	for {
		if err := st.readError(); err != nil || len(p) == 0 {
			return 0, err
		}
		if len(st.in) > 0 {
			return st.take(p), nil
		}
		st.readable.Wait()
	}
}

// readError returns why Read cannot return bytes now or later, nil if it can. The lock must be
// held.
func (st *Stream) readError() error {
	switch {
	case st.closed:
		return net.ErrClosed
	case st.events != nil:
		return errEvents
	case st.readBy.hasPassed():
		return os.ErrDeadlineExceeded
	case len(st.in) > 0:
		return nil
	case st.gotEnd:
		return io.EOF
	}
	return st.err
}

// take moves bytes that have come to p, and lets the other node send more. The lock must be held.
func (st *Stream) take(p []byte) int {
	n := copy(p, st.in)
	st.in = st.in[n:]
	if len(st.in) == 0 {
		st.in = nil
	}
	st.consume(n)
	return n
}
