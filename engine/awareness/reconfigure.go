package awareness

import (
	"iter"
	"time"
)

// Reconfigure replaces the configuration; peers are all peers of the room. If that turns presence
// off, the states of all peers are removed, and native peers are sent that all users have left. If
// it turns presence on, native peers are sent the users, and have states again; all others must be
// sent an AwarenessRequest, for which it returns true. The next flush sends the changes.
func (r *Room) Reconfigure(cfg *Config, peers iter.Seq[*Peer], now time.Time) (query bool) {
	if r.cfg.Disabled == cfg.Disabled {
		r.cfg = cfg
		return false
	}
	var natives []*Peer
	for p := range peers {
		if p.native {
			natives = append(natives, p)
		}
		r.Withdraw(p, now)
	}
	r.signals, r.cfg = nil, cfg
	r.users.hide(cfg.Disabled)
	for _, p := range natives {
		r.SetNative(p, true, now)
	}
	return !cfg.Disabled
}

// hide hides the users from all peers, or shows them again.
func (s *users) hide(hidden bool) {
	s.hidden = false // so that the changes are listed
	for _, u := range s.present {
		s.change(u)
		u.announced = hidden
	}
	s.hidden = hidden
}
