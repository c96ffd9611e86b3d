package websocket

// skipping is how far a Reader is with a message that is too long, whose content it drops.
type skipping struct {
	total int  // length in bytes of its frames' contents so far, what is still to come of the last included
	left  int  // bytes still to come of its current frame
	last  bool // that frame ends it
}

// skips says whether what comes next is dropped; u may be nil.
func (u *unfinished) skips() bool { return u != nil && u.skip != nil && u.skip.left > 0 }

// length is the length in bytes of the message that is being read so far, whether it is held or skipped.
func (r *Reader) length() int {
	switch {
	case r.held == nil:
		return 0
	case r.held.skip != nil:
		return r.held.skip.total
	}
	return r.held.joined
}

// startSkipping drops what is held of a message that is too long, and has the rest of the frame with
// header h dropped. The frame is the one that is held in part, or else begins b. ok is false where
// OpTooLong has been returned for the message before.
func (r *Reader) startSkipping(h frameHeader, b []byte) (m Frame, rest []byte, ok bool) {
	u := &unfinished{op: h.op, skip: &skipping{total: r.length() + h.n, last: h.fin}}
	ok = r.held == nil || r.held.skip == nil
	if r.held != nil && r.held.begun() {
		u.op = r.held.op
	}
	if part := r.held.part(); len(part) > 0 {
		u.skip.left = h.missing(part)
	} else {
		n := min(len(b), len(b)+h.missing(b))
		u.skip.left = h.missing(b[:n])
		b = b[n:]
	}
	r.held = u
	r.endSkipped()
	return Frame{Op: OpTooLong}, b, ok
}

// drop drops what b has of the current frame.
func (r *Reader) drop(b []byte) (rest []byte) {
	s := r.held.skip
	n := min(len(b), s.left)
	s.left -= n
	r.endSkipped()
	return b[n:]
}

// endSkipped lets go of a message that has been skipped whole.
func (r *Reader) endSkipped() {
	if s := r.held.skip; s.left == 0 && s.last {
		r.held = nil
	}
}
