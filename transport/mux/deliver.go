package mux

// Notify makes the stream call e from now on. Read must no longer be used. What has come and was
// not read is passed to e first, during the call of Notify. What comes at the same time may also be
// passed by it.
func (st *Stream) Notify(e Events) {
	st.session.mu.Lock()
	defer st.session.mu.Unlock()
	st.events = e
	st.readable.Broadcast()
	st.deliverAll()
	st.callWritable()
}

// deliverAll passes everything that has come to Events, unless another goroutine is doing that, or
// Read is used. The lock must be held; it is released during calls.
func (st *Stream) deliverAll() {
	if st.events != nil && !st.busy {
		st.busy = true
		st.deliver()
	}
}

// deliver passes everything that has come to Events, and lets other goroutines do so afterwards.
// busy must be set, and the lock be held; it is released during calls.
func (st *Stream) deliver() {
	for !st.closed {
		switch e := st.events; {
		case len(st.in) > 0:
			p := st.in
			st.in = nil
			st.callReceived(e, p)
		case st.gotEnd && !st.passedEnd:
			st.passedEnd = true
			st.callEnded(e, nil)
		case st.err != nil && !st.passedErr:
			st.passedErr = true
			st.callEnded(e, st.err)
		default:
			st.release()
			return
		}
	}
	st.release()
}

// release lets other goroutines deliver. The lock must be held.
func (st *Stream) release() {
	st.busy = false
	st.session.delivered.Broadcast()
}

// callReceived calls Received. The lock must be held; it is released during the call.
func (st *Stream) callReceived(e Events, p []byte) {
	st.session.mu.Unlock()
	defer st.session.mu.Lock() // also if e panics, so that the caller can unlock
	e.Received(p)
}

// callEnded calls Ended. The lock must be held; it is released during the call.
func (st *Stream) callEnded(e Events, err error) {
	st.session.mu.Unlock()
	defer st.session.mu.Lock()
	e.Ended(err)
}

// callWritable wakes calls of Write and calls Writable, if bytes can be sent again. The lock must
// be held; it is released during the call.
func (st *Stream) callWritable() {
	if st.room() == 0 {
		st.awaitQueue()
		return
	}
	st.writable.Broadcast()
	if !st.short || st.events == nil || st.writeError() != nil {
		return
	}
	st.short = false
	e := st.events
	st.session.mu.Unlock()
	defer st.session.mu.Lock()
	e.Writable()
}
