package awareness

import "time"

// SetNative notes whether p speaks a native protocol, and gives it a synthetic state then.
// It comes once after Join, and after each Withdraw.
func (r *Room) SetNative(p *Peer, native bool, now time.Time) {
	if p.native = native; !native {
		return
	}
	r.natives++
	if !r.cfg.Disabled {
		r.insertSynthetic(p, now)
	}
}

// SetCursor takes in a native peer's cursor, JSON, which it borrows; nil removes it. Its
// error is ErrTooLarge.
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

// setSeparateCursor is for a peer that sends awareness updates and its cursor apart from
// them: other natives are sent that. Its state has the cursor that it writes there itself;
// the newer of both counts.
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
