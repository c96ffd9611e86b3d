package mux

import "net"

// windowStep is how many bytes must be consumed before a window frame is sent. A sender that has
// used up its window has Window bytes under way, of which fewer than windowStep are consumed and
// not yet allowed again. So it is allowed more before the receiver has consumed all.
const windowStep = Window / 4

// Consumed lets the other node send n more bytes, in place of as many that were Received. Window
// frames are sent for at least a quarter of Window. More than was Received does not count.
func (st *Stream) Consumed(n int) {
	st.session.mu.Lock()
	defer st.session.mu.Unlock()
	st.consume(n)
}

// consume is Consumed with the lock held.
func (st *Stream) consume(n int) {
	n = min(n, Window-st.receive-st.consumed)
	if n <= 0 {
		return
	}
	st.consumed += n
	if st.consumed < windowStep || !st.live || st.gotEnd {
		return
	}
	st.session.push(head{st.id, kindWindow, st.consumed}, nil)
	st.receive += st.consumed
	st.consumed = 0
}

// room returns how many bytes window and queue have room for. The lock must be held.
func (st *Stream) room() int {
	if st.session.full() {
		return 0
	}
	return st.send
}

// writeError returns why nothing can be written, nil if it can. The lock must be held.
func (st *Stream) writeError() error {
	switch {
	case st.closed:
		return net.ErrClosed
	case st.sentEnd:
		return errWriteEnded
	case st.err != nil:
		return st.err
	case !st.answered:
		return errUnanswered
	}
	return nil
}
