package mux

// Close implements net.Conn. After CloseWrite what was sent still arrives, and what comes is
// dropped until the other node ends its direction; otherwise it is Reset. It never blocks.
func (st *Stream) Close() error {
	st.session.mu.Lock()
	defer st.session.mu.Unlock()
	if st.closed || !st.live || !st.sentEnd {
		st.reset()
		return nil
	}
	st.closed = true
	st.in = nil
	st.consume(Window) // all that has come
	st.wakeAll()
	return nil
}

// Reset ends both directions at once, here and on the other node. What was not read is dropped. It
// never blocks.
func (st *Stream) Reset() {
	st.session.mu.Lock()
	defer st.session.mu.Unlock()
	st.reset()
}

// reset is Reset with the lock held.
func (st *Stream) reset() {
	st.closed = true
	st.in = nil
	if st.live {
		st.session.push(head{st.id, kindReset, 0}, nil)
		st.session.remove(st)
	}
	st.wakeAll()
}
