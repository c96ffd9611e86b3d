package websocket

// unfinished is what a Reader holds: a message's fragments so far, part of a frame, or both.
type unfinished struct {
	op     Opcode    // the message's; OpContinuation while none has begun
	joined int       // length of its fragments' contents in bytes
	data   []byte    // these contents, and behind them the part of a frame as it came
	skip   *skipping // nil unless the message is skipped: then there are no contents
}

func (u *unfinished) begun() bool { return u.op != OpContinuation }

// part is what is held of a frame; u may be nil.
func (u *unfinished) part() []byte {
	if u == nil {
		return nil
	}
	return u.data[u.joined:]
}

// add appends b. Room for it is made by doubling, up to most.
func (u *unfinished) add(b []byte, most int) {
	if need := len(u.data) + len(b); need > cap(u.data) {
		u.data = append(make([]byte, 0, max(need, min(2*cap(u.data), most))), u.data...)
	}
	u.data = append(u.data, b...)
}

// hold adds b, which is of the frame with the header h.
func (r *Reader) hold(b []byte, h frameHeader, limit int) {
	if r.held == nil {
		r.held = new(unfinished)
	}
	// Where the message ends is known with its last fragment. To make just the room for
	// each of the others, and the control frames between, would copy all of it each time.
	most := limit + maxControlFrame
	if h.fin && !h.control() {
		most = r.held.joined + h.size + h.n
	}
	r.held.add(b, most)
}

// forgetPart lets go of a frame that was held in part and is delivered.
func (r *Reader) forgetPart() {
	switch {
	case r.held == nil:
	case r.held.begun():
		r.held.data = r.held.data[:r.held.joined]
	default:
		r.held = nil
	}
}

// join adds a fragment's content to those before it; ok is true if it is the
// last. The content may be held already, behind the fragment's header.
func (r *Reader) join(content []byte, h frameHeader, limit int) (m Frame, ok bool) {
	if r.held != nil {
		r.held.data = r.held.data[:r.held.joined]
	}
	r.hold(content, h, limit)
	u := r.held
	u.joined = len(u.data)
	if h.op != OpContinuation {
		u.op = h.op
	}
	if h.fin {
		r.held = nil
		return Frame{u.op, u.data}, true
	}
	return Frame{}, false
}
