package mux

// maxQueued is the size of Session.out, in bytes, from which on no more data is taken. Other frames
// always are: they are few, and without window frames nothing would move. Data that is being
// written does not count.
const maxQueued = 4 << 20

// writeSoon is how many bytes of frames are written without delay.
const writeSoon = 16 << 10

// push appends a frame to what is written next. The lock must be held, and the session must live.
// The other node may wait for all frames but data and ends, which are few, before it sends more.
func (s *Session) push(h head, payload []byte) {
	first := len(s.out) == 0
	s.out = append(appendHead(s.out, h), payload...)
	switch {
	case h.kind != kindData && h.kind != kindEnd, len(s.out) >= writeSoon:
		s.Flush()
	case !first:
	case s.cfg.Soon != nil:
		s.cfg.Soon()
	default:
		signal(s.wake)
	}
}

// Flush makes the writer write all frames at once. It does not wait for that.
func (s *Session) Flush() { signal(s.flush) }

// full reports whether no data may be pushed. The lock must be held.
func (s *Session) full() bool { return len(s.out) >= maxQueued }

// awaitQueue makes the writer call callWritable for a stream that cannot send as the queue is full.
// The lock must be held.
func (st *Stream) awaitQueue() {
	if st.session.full() && !st.queued {
		st.queued = true
		st.session.waiting = append(st.session.waiting, st)
	}
}
