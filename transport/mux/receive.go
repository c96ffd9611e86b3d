package mux

import "bytes"

// accept handles an open frame.
func (s *Session) accept(h head, opening []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.err != nil:
		return s.err
	case s.client:
		return violation(h, "only clients open streams")
	case h.stream <= s.last:
		return violation(h, "streams are not opened in ascending order")
	}
	st := s.add(h.stream)
	if s.cfg.Accept == nil || s.closesIdle {
		st.reset()
		return nil
	}
	go s.cfg.Accept(st, bytes.Clone(opening))
	return nil
}

// receive handles a frame that has come. p is used only during the call.
func (s *Session) receive(h head, p []byte) error {
	if h.kind == kindOpen {
		return s.accept(h, p)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	st, err := s.find(h)
	if st == nil {
		return err
	}
	if err := st.check(h); err != nil {
		return err
	}
	switch h.kind {
	case kindAnswer:
		st.answered, st.answer = true, bytes.Clone(p)
		st.readable.Broadcast()
	case kindData:
		st.receiveData(p)
	case kindWindow:
		st.send += h.n
		st.callWritable()
	case kindEnd:
		st.receiveEnd()
	case kindReset:
		s.remove(st)
		st.fail(ErrReset)
		st.deliverAll()
	}
	return nil
}

// find returns the stream of a frame that is not open; nil without an error if it has ended. The
// lock must be held.
func (s *Session) find(h head) (*Stream, error) {
	switch {
	case s.err != nil:
		return nil, s.err
	case h.kind == kindAnswer && !s.client:
		return nil, violation(h, "only servers answer")
	case h.stream == 0 || h.stream > s.last:
		return nil, violation(h, "the stream was never opened")
	}
	return s.streams[h.stream], nil
}

// check returns why a frame must not come now, nil if it may. The lock must be held.
func (st *Stream) check(h head) error {
	switch {
	case h.kind == kindReset:
		return nil
	case h.kind == kindAnswer:
		if st.answered {
			return violation(h, "the stream is answered already")
		}
	case !st.answered:
		return violation(h, "the stream is not answered yet")
	case h.kind == kindWindow:
		if h.n > Window-st.send {
			return violation(h, "it makes the window too large")
		}
	case st.gotEnd:
		return violation(h, "the direction has ended")
	case h.kind == kindData && h.n > st.receive:
		return violation(h, "it is beyond the window")
	}
	return nil
}

// receiveData keeps bytes that have come, or passes them to Events. The lock must be held; it is
// released during calls.
func (st *Stream) receiveData(p []byte) {
	st.receive -= len(p)
	switch {
	case st.closed:
		st.consume(len(p))
	case len(p) == 0:
	case st.events == nil || st.busy:
		st.in = append(st.in, p...)
		st.readable.Broadcast()
	default:
		st.busy = true
		st.callReceived(st.events, p)
		st.deliver()
	}
}

// receiveEnd ends the direction from the other node. The lock must be held; it is released during
// calls.
func (st *Stream) receiveEnd() {
	st.gotEnd = true
	if st.sentEnd {
		st.session.remove(st)
	}
	st.readable.Broadcast()
	st.deliverAll()
}
