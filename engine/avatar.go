package engine

import (
	"math/rand/v2"
	"time"
)

// An avatar is the awareness state of a peer that does not speak awareness, so
// that those who speak nothing else see it come, move and go.

// point takes a cursor from p, JSON.
func (s *presence) point(p *Peer, cursor []byte, now time.Time) error {
	b := s.avatarOf(p)
	if b == nil {
		return s.pointBeside(p, cursor)
	}
	s.state = appendAvatar(s.state[:0], p.person.User, cursor)
	if s.exceeded(p, b, len(cursor), len(s.state)) {
		return ErrPresenceSize
	}
	s.say(b, s.state, cursor)
	b.clock, b.told, b.heard = b.clock+1, b.clock+1, s.e.clock(now)
	s.change(p.owned[0], b)
	return nil
}

// pointBeside takes a cursor from p, which speaks awareness and sends its cursor apart from it: other natives are
// told of that. In its awareness state is what it writes there itself; the newer of both counts.
func (s *presence) pointBeside(p *Peer, cursor []byte) error {
	client, b := s.ownOf(p)
	if b == nil {
		return nil
	}
	if s.exceeded(p, b, len(cursor), len(b.state())) {
		return ErrPresenceSize
	}
	b.point(cursor)
	b.beside = true
	s.change(client, b)
	return nil
}

// ownOf is the entry in which p speaks of itself, nil if it has none.
func (s *presence) ownOf(p *Peer) (client uint64, b *being) {
	for _, client = range p.owned {
		if b = s.entries[client]; !b.relayed {
			return client, b
		}
	}
	return 0, nil
}

// appear gives p an avatar.
func (s *presence) appear(p *Peer, now time.Time) {
	if s.e.cfg.NoPresence {
		return
	}
	b := &being{clock: 1, told: 1, owner: p, heard: s.e.clock(now), avatar: true}
	s.state = appendAvatar(s.state[:0], p.person.User, noCursor)
	s.say(b, s.state, noCursor)
	s.enter(s.unused(), b)
}

// unused is a client id of the form that Yjs makes, and that nobody has.
func (s *presence) unused() uint64 {
	for {
		client := uint64(rand.Uint32())
		_, gone := s.graves.find(client)
		if s.entries[client] == nil && !gone {
			return client
		}
	}
}

// avatarOf is p's avatar, which is all it owns, or nil.
func (s *presence) avatarOf(p *Peer) *being {
	if len(p.owned) != 1 {
		return nil
	}
	if b := s.entries[p.owned[0]]; b.avatar {
		return b
	}
	return nil
}

// dismiss ends p's avatar, as p speaks for itself.
func (s *presence) dismiss(p *Peer, now time.Time) {
	if b := s.avatarOf(p); b != nil {
		s.remove(p.owned[0], b, now)
	}
}
