package websocket

// Buffered returns the number of bytes that are buffered of an incomplete message, and the most
// memory in bytes that the message may take by the headers so far: the sum of their lengths, and
// twice that while more fragments may follow, as the buffer grows by doubling. Both are 0 between
// messages and while one is skipped.
func (r *Reader) Buffered(limit int) (n, most int) {
	u := r.partial
	if u == nil || u.skip != nil {
		return 0, 0
	}
	n, most = len(u.data), len(u.data)
	last := false
	if part := u.frame(); len(part) > 0 {
		h, _ := parseHeader(part)
		most += max(0, h.missing(part))
		last = h.fin && !h.control()
	}
	if !last {
		most = max(most, min(2*most, limit+maxControlFrame))
	}
	return n, max(most, cap(u.data))
}

// Memory returns the capacity of the buffer in bytes, 0 between messages.
func (r *Reader) Memory() int {
	if r.partial == nil {
		return 0
	}
	return cap(r.partial.data)
}
