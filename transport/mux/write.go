package mux

import "os"

// TryWrite takes as many bytes of p as the window has room for, without waiting. If it takes less
// than all, and returns no error, Writable will be called. p is copied.
func (st *Stream) TryWrite(p []byte) (int, error) {
	st.session.mu.Lock()
	defer st.session.mu.Unlock()
	if err := st.writeError(); err != nil {
		return 0, err
	}
	n := st.put(p)
	if n < len(p) {
		st.short = true
		st.awaitQueue()
	}
	return n, nil
}

// Write implements net.Conn. It waits until all bytes are taken, which then wait to be written, or
// are under way. Calls at the same time come one after the other.
func (st *Stream) Write(p []byte) (n int, err error) {
	st.session.mu.Lock()
	defer st.session.mu.Unlock()
	mine := false
	for {
		if err = st.writeError(); err == nil && st.writeBy.hasPassed() {
			err = os.ErrDeadlineExceeded
		}
		if err == nil && (mine || !st.writing) {
			mine, st.writing = true, true
			n += st.put(p[n:])
		}
		if err != nil || mine && n == len(p) {
			break
		}
		st.awaitQueue()
		st.writable.Wait()
	}
	if mine {
		st.writing = false
		st.writable.Broadcast() // the next call of Write
	}
	return n, err
}

// put sends as many bytes of p as it may, and returns how many. The lock must be held.
func (st *Stream) put(p []byte) int {
	n := min(len(p), st.room())
	st.send -= n
	for p = p[:n]; len(p) > 0; {
		piece := p[:min(len(p), maxPayload)]
		st.session.push(head{st.id, kindData, len(piece)}, piece)
		p = p[len(piece):]
	}
	return n
}

// CloseWrite says to the other node that no more bytes will come. Writes fail from then on.
func (st *Stream) CloseWrite() error {
	st.session.mu.Lock()
	defer st.session.mu.Unlock()
	if st.sentEnd {
		return nil
	}
	if err := st.writeError(); err != nil {
		return err
	}
	st.sentEnd = true
	st.session.push(head{st.id, kindEnd, 0}, nil)
	if st.gotEnd {
		st.session.remove(st)
	}
	st.writable.Broadcast()
	return nil
}
