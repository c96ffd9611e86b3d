package websocket

// Extent says how many bytes are held of the message that has begun, and the most memory it may
// take as far as its headers tell: what they announce, and twice that while more fragments may
// follow, as room is made by doubling. Both are 0 between messages and while one is skipped.
func (r *Reader) Extent(limit int) (held, most int) {
	u := r.held
	if u == nil || u.skip != nil {
		return 0, 0
	}
	held, most = len(u.data), len(u.data)
	last := false
	if part := u.part(); len(part) > 0 {
		h, _ := parseFrameHeader(part)
		most += max(0, h.missing(part))
		last = h.fin && !h.control()
	}
	if !last {
		most = max(most, min(2*most, limit+maxControlFrame))
	}
	return held, max(most, cap(u.data))
}

// Memory is how many bytes of memory are held for content, 0 between messages.
func (r *Reader) Memory() int {
	if r.held == nil {
		return 0
	}
	return cap(r.held.data)
}
