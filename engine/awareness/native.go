package awareness

import "time"

// SetNative sets whether p speaks a native protocol, and gives a native peer a synthetic state. It
// is called once after Join, and once after each Withdraw.
func (r *Room) SetNative(p *Peer, native bool, now time.Time) {
	if p.native = native; !native {
		return
	}
	r.natives++
	if !r.cfg.Disabled {
		r.insertSynthetic(p, now)
	}
}

// SetCursor sets the cursor of a native peer, JSON, which it copies; nil removes it. Its error is
// ErrTooLarge.
func (r *Room) SetCursor(p *Peer, cursor []byte, now time.Time) error {
	if cursor == nil {
		cursor = noCursor
	}
	s := r.syntheticOf(p)
	if s == nil {
		return r.setSeparateCursor(p, cursor)
	}
	r.stampedBuffer = appendSynthetic(r.stampedBuffer[:0], p.user.User, cursor)
	if r.exceeds(p, s, len(cursor), len(r.stampedBuffer)) {
		return ErrTooLarge
	}
	r.setState(s, r.stampedBuffer, cursor)
	s.renewSynthetic(r.cfg.since(now))
	r.markChanged(p.owned[0], s)
	return nil
}

// setSeparateCursor sets the cursor of a peer that also sends awareness updates. Other native peers
// are sent this cursor. The JSON of the state stays as the peer sent it; of its cursor and this one
// the newer counts.
func (r *Room) setSeparateCursor(p *Peer, cursor []byte) error {
	client, s := r.ownState(p)
	if s == nil {
		return nil
	}
	if r.exceeds(p, s, len(cursor), len(s.json())) {
		return ErrTooLarge
	}
	s.setCursor(cursor)
	r.markChanged(client, s)
	return nil
}
