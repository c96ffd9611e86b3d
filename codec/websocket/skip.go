package websocket

// skippedMessage is the state of a message that is too long and whose content is discarded.
type skippedMessage struct {
	total int  // length of its frames' contents in bytes, the current frame's as announced
	left  int  // bytes of the current frame that have not come
	last  bool // the current frame ends the message
}

// skips reports whether the next bytes are discarded. u may be nil.
func (u *partialMessage) skips() bool { return u != nil && u.skip != nil && u.skip.left > 0 }

// length returns the length in bytes that the current message has so far, buffered or discarded.
func (r *Reader) length() int {
	switch {
	case r.partial == nil:
		return 0
	case r.partial.skip != nil:
		return r.partial.skip.total
	}
	return r.partial.joined
}

// startDiscarding discards the buffered part of a message that is too long, and the rest of the
// frame with header h as it comes. The frame is the one that is buffered in part, or begins b. ok
// is false if OpTooLong was returned for the message before.
func (r *Reader) startDiscarding(h header, b []byte) (m Frame, rest []byte, ok bool) {
	u := &partialMessage{op: h.op, skip: &skippedMessage{total: r.length() + h.n, last: h.fin}}
	ok = r.partial == nil || r.partial.skip == nil
	if r.partial != nil && r.partial.begun() {
		u.op = r.partial.op
	}
	if part := r.partial.frame(); len(part) > 0 {
		u.skip.left = h.missing(part)
	} else {
		n := min(len(b), len(b)+h.missing(b))
		u.skip.left = h.missing(b[:n])
		b = b[n:]
	}
	r.partial = u
	r.endDiscarded()
	return Frame{Op: OpTooLong}, b, ok
}

// discard takes the bytes of the current frame off b.
func (r *Reader) discard(b []byte) (rest []byte) {
	s := r.partial.skip
	n := min(len(b), s.left)
	s.left -= n
	r.endDiscarded()
	return b[n:]
}

// endDiscarded ends the skipping of a message that has come completely.
func (r *Reader) endDiscarded() {
	if s := r.partial.skip; s.left == 0 && s.last {
		r.partial = nil
	}
}
