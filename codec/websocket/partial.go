package websocket

// partialMessage is the buffer of a Reader: the fragments of a message so far, a part of a frame,
// or both.
type partialMessage struct {
	op         Opcode // of the message; OpContinuation while no fragment has come
	compressed bool   // the message is
	joined     int    // length of the fragments' contents, in bytes

	data []byte // the fragments' contents, then the received bytes of a frame, still masked

	skip *skippedMessage // nil unless the message is skipped; then data holds no contents
}

// begun reports whether a fragment of the message has come.
func (u *partialMessage) begun() bool { return u.op != OpContinuation }

// frame returns the received bytes of a frame that is incomplete. u may be nil.
func (u *partialMessage) frame() []byte {
	if u == nil {
		return nil
	}
	return u.data[u.joined:]
}

// add appends b to data, whose capacity grows by doubling, up to most bytes.
func (u *partialMessage) add(b []byte, most int) {
	if need := len(u.data) + len(b); need > cap(u.data) {
		u.data = append(make([]byte, 0, max(need, min(2*cap(u.data), most))), u.data...)
	}
	u.data = append(u.data, b...)
}

// buffer keeps b, a part of the frame with header h.
func (r *Reader) buffer(b []byte, h header, limit int) {
	if r.partial == nil {
		r.partial = new(partialMessage)
	}
	// The header of the last fragment gives the length of the message. Growing by just the length
	// of each earlier fragment, and of the control frames between, would copy everything each time.
	most := limit + maxControlFrame
	if h.fin && !h.control() {
		most = r.partial.joined + h.size + h.n
	}
	r.partial.add(b, most)
}

// releaseFrame drops the buffered bytes of a frame that is delivered.
func (r *Reader) releaseFrame() {
	switch {
	case r.partial == nil:
	case r.partial.begun():
		r.partial.data = r.partial.data[:r.partial.joined]
	default:
		r.partial = nil
	}
}

// join appends a fragment's content to those before it; ok is true if it is the last. The content
// may be in the buffer already, behind the fragment's header.
func (r *Reader) join(content []byte, h header, limit int) (m Frame, ok bool) {
	if r.partial != nil {
		r.partial.data = r.partial.data[:r.partial.joined]
	}
	r.buffer(content, h, limit)
	u := r.partial
	u.joined = len(u.data)
	if h.op != OpContinuation {
		u.op, u.compressed = h.op, h.compressed
	}
	if h.fin {
		r.partial = nil
		return Frame{u.op, u.compressed, u.data}, true
	}
	return Frame{}, false
}
