package awareness

// exceeds reports whether a state of p exceeds a limit, and counts that. sent is the length of the
// state as p sent it, size the length of the stamped state, which replaces s unless s is nil.
func (r *Room) exceeds(p *Peer, s *state, sent, size int) bool {
	limit := r.exceeded(p, s, sent, size)
	if limit == withinLimits {
		return false
	}
	r.cfg.Dropped(limit)
	return true
}

// exceeded returns the limit that the state exceeds, or withinLimits.
func (r *Room) exceeded(p *Peer, s *state, sent, size int) Limit {
	before := 0
	if s != nil {
		before = len(s.json())
	}
	ofPeer := size - before
	for _, client := range p.owned {
		ofPeer += len(r.states[client].json())
	}
	switch cfg := r.cfg; {
	case sent > cfg.StateBytes:
		return LimitState
	case ofPeer > cfg.PeerBytes:
		return LimitPeer
	case size > before && r.bytes-before+size > cfg.RoomBytes:
		return LimitRoom
	}
	return withinLimits
}

// sentLength returns the length of a state of p without the stamp of the server, which clients send
// back.
func (r *Room) sentLength(p *Peer, state []byte) int {
	n := len(state)
	if n > r.cfg.StateBytes && !p.guest && isStampedFor(state, p.user.User) {
		return n - stampLength(p.user.User)
	}
	return n
}
