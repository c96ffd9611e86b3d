package engine

import (
	"bytes"
	"math/rand/v2"
	"time"
)

// An avatar is the awareness state of a peer that does not speak awareness, so
// that those who speak nothing else see it come, move and go.

// point takes a cursor from p, JSON. A client that speaks awareness has its cursor there.
func (s *presence) point(p *Peer, cursor []byte, now time.Time) {
	b := s.avatarOf(p)
	if b == nil {
		return
	}
	b.point(cursor)
	s.state = appendAvatar(s.state[:0], p.person.User, cursor)
	b.state = append(b.state[:0], s.state...)
	b.clock, b.told, b.heard, b.news = b.clock+1, b.clock+1, now, true
	mark(&s.changed, p.owned[0])
}

// appear gives p an avatar.
func (s *presence) appear(p *Peer, now time.Time) {
	client := s.unused()
	b := &being{clock: 1, told: 1, state: appendAvatar(nil, p.person.User, noCursor), cursor: bytes.Clone(noCursor), owner: p, heard: now, avatar: true}
	s.enter(client, b, now)
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
