package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/jsontext"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// overLimit is a limit of what is said of presence.
type overLimit int

const (
	overState  overLimit = iota // Config.AwarenessBytes
	overPeer                    // Config.AwarenessPeerBytes
	overRoom                    // Config.AwarenessRoomBytes
	overSignal                  // Config.SignalBytes
	overLimits

	withinLimits overLimit = -1
)

// overLimitNames are labels of metrics.
var overLimitNames = [overLimits]string{"state", "connection", "room", "signal"}

// exceeded says whether a state of p's exceeds a limit, and counts that. said is the length of what p says, state that
// of the awareness state which comes of it, in the place of b's if b is not nil.
func (s *presence) exceeded(p *Peer, b *being, said, state int) bool {
	over := s.limitOf(p, b, said, state)
	if over == withinLimits {
		return false
	}
	s.e.metrics.presenceDropped[over].Inc()
	return true
}

func (s *presence) limitOf(p *Peer, b *being, said, state int) overLimit {
	before := 0
	if b != nil {
		before = len(b.state())
	}
	ofPeer := state - before
	for _, client := range p.owned {
		ofPeer += len(s.entries[client].state())
	}
	switch cfg := &s.e.cfg; {
	case said > cfg.AwarenessBytes:
		return overState
	case ofPeer > cfg.AwarenessPeerBytes:
		return overPeer
	case state > before && s.bytes-before+state > cfg.AwarenessRoomBytes:
		return overRoom
	}
	return withinLimits
}

// saidLength is the length of a state of p's without the stamp that the server puts on it, which comes back with it.
func (s *presence) saidLength(p *Peer, state []byte) int {
	n := len(state)
	if n <= s.e.cfg.AwarenessBytes || p.who.ID == "" {
		return n
	}
	for name, value := range jsontext.Members(readState(state).user) {
		if id, ok := jsontext.Unquote(value); ok && string(name) == "id" && id == p.person.ID {
			return n - len(appendAuthentic(nil, []byte("{}"), claimed{}, p.person.User))
		}
	}
	return n
}

// keep has what p said before stand, and live on, when what it says now is dropped.
func (s *presence) keep(p *Peer, b *being, e yjs.AwarenessEntry, now time.Time) {
	if b != nil && b.owner == p && e.Clock > b.clock {
		s.reaffirm(b, e.Clock, now)
	}
}
