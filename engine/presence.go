package engine

import (
	"bytes"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/steps"
)

// presence is the awareness of a room, of which it is the authority: a client
// id belongs to the connection that first spoke for it, and others' talk of it
// is ignored. Guarded by room.mu.
type presence struct {
	e       *Engine
	entries map[uint64]*being // by client id
	graves  graveyard
	changed []uint64            // client ids to be told of at the next flush, each once
	listed  map[uint64]struct{} // those in changed; nil while they are few

	expiry    time.Time // no entry expires before; zero without entries
	renewAt   time.Time // when renewals are told; zero when nothing was renewed
	renewal   time.Time // when they last were
	remindAt  time.Time // zero when nobody is back
	reminding time.Time // when everyone was last told for somebody who is back

	retorts []utterance // what the speaker of the current message must hear
	state   []byte      // of the current entry, as it is relayed
}

// hear takes in a message of p's. What p must be told in return is in refused.
func (s *presence) hear(p *Peer, a codec.CheckedAwareness, now time.Time) {
	s.retorts = nil
	if s.e.cfg.NoPresence {
		return
	}
	for e := range a.Entries() {
		cursor := s.authenticate(p, &e)
		b := s.entries[e.Client]
		switch {
		case b == nil:
			s.claim(p, e, cursor, now)
		case b.owner == p && !b.avatar:
			s.speak(b, e, cursor, now)
		case !b.avatar:
			s.takeOver(p, b, e, cursor, now)
		}
	}
}

// authenticate makes e what others may be told, and returns the cursor in it. A
// guest goes by the name that it gives itself; anybody else's is the token's.
func (s *presence) authenticate(p *Peer, e *codec.AwarenessEntry) (cursor []byte) {
	if e.Gone() {
		return noCursor
	}
	c := readState(e.State)
	if cursor = c.cursor; cursor == nil {
		cursor = noCursor
	}
	switch {
	case p.who.ID == "":
		name, color := c.called()
		p.room.people.call(p.person, name, color)
	case c.object && !s.e.cfg.TrustPresence:
		s.state = appendAuthentic(s.state[:0], e.State, c, p.person.User)
		e.State = s.state
	}
	return cursor
}

// claim lets p own a client id that nobody owns. One that went a moment ago must
// come back with a later clock, else other clients would not believe it: p is
// told what was said when it went, whereupon a client counts on and speaks again.
// And p needs to be reminded of the others.
func (s *presence) claim(p *Peer, e codec.AwarenessEntry, cursor []byte, now time.Time) {
	if e.Gone() {
		return
	}
	old, back := s.graves.find(e.Client)
	if back {
		s.remind(now)
	}
	if back && e.Clock <= old.clock {
		s.retorts = append(s.retorts, old.utterance(e.Client))
		return
	}
	s.dismiss(p, now)
	if len(p.owned) >= s.e.cfg.AwarenessClients {
		return
	}
	b := &being{clock: e.Clock, told: e.Clock + 1, owner: p, heard: s.e.clock(now)}
	b.say(e.State, cursor)
	s.enter(e.Client, b)
}

// enter has b present as client.
func (s *presence) enter(client uint64, b *being) {
	if s.entries == nil {
		s.entries = make(map[uint64]*being)
	}
	s.expiry = earliest(s.expiry, s.ends(b))
	b.owner.owned = append(b.owner.owned, client)
	s.entries[client] = b
	s.graves.open(client)
	if b.known = untold; !s.isListed(client) { // where it is if it went a moment ago
		s.list(client)
	}
}

// fewChanged is up to how many client ids are searched for one.
const fewChanged = 32

// isListed says whether client is in changed. One message can bring thousands of
// clients and withdraw them again.
func (s *presence) isListed(client uint64) bool {
	if s.listed == nil {
		steps.Take(len(s.changed))
		return slices.Contains(s.changed, client)
	}
	_, ok := s.listed[client]
	return ok
}

// list puts client into changed.
func (s *presence) list(client uint64) {
	s.changed = append(s.changed, client)
	if s.listed == nil && len(s.changed) > fewChanged {
		s.listed = make(map[uint64]struct{})
		for _, c := range s.changed {
			s.listed[c] = struct{}{}
		}
	}
	if s.listed != nil {
		s.listed[client] = struct{}{}
	}
}

// unlist empties changed, and lets go of one that grew large.
func (s *presence) unlist() {
	s.listed = nil
	if s.changed = s.changed[:0]; cap(s.changed) > 32*fewChanged {
		s.changed = nil
	}
}

// speak is the owner's. As in y-protocols a withdrawal needs no later clock.
func (s *presence) speak(b *being, e codec.AwarenessEntry, cursor []byte, now time.Time) {
	switch {
	case e.Gone() && e.Clock >= b.clock:
		b.told = max(b.told, e.Clock)
		s.remove(e.Client, b, now)
	case e.Clock <= b.clock:
	case !bytes.Equal(e.State, b.state()):
		b.clock, b.told, b.heard = e.Clock, max(e.Clock, b.told+1), s.e.clock(now)
		b.say(e.State, cursor)
		s.change(e.Client, b)
	case e.Clock == b.told: // it counts on from what it was told
		b.clock, b.heard = e.Clock, s.e.clock(now)
	default:
		b.clock, b.told, b.heard = e.Clock, e.Clock, s.e.clock(now)
		s.renew(b, now)
	}
}

// takeOver is for a client that is back beside its old, half-open connection:
// the same user with a later clock. All other talk of somebody else's id is an echo.
func (s *presence) takeOver(p *Peer, b *being, e codec.AwarenessEntry, cursor []byte, now time.Time) {
	if e.Clock <= b.told || e.Gone() || !p.who.is(b.owner.who) || len(p.owned) >= s.e.cfg.AwarenessClients {
		return
	}
	s.dismiss(p, now)
	b.owner.disown(e.Client)
	b.owner = p
	p.owned = append(p.owned, e.Client)
	s.remind(now)
	s.speak(b, e, cursor, now)
}

// is says whether both are one known user.
func (i Identity) is(other Identity) bool { return i.ID != "" && i.ID == other.ID }

func (p *Peer) disown(client uint64) {
	p.owned = slices.DeleteFunc(p.owned, func(c uint64) bool { return c == client })
}

// leave removes what p owns.
func (s *presence) leave(p *Peer, now time.Time) {
	for len(p.owned) > 0 {
		client := p.owned[0]
		s.remove(client, s.entries[client], now)
	}
}

func (s *presence) remove(client uint64, b *being, now time.Time) {
	b.owner.disown(client)
	delete(s.entries, client)
	s.graves.dig(client, resting{clock: b.told, user: b.owner.person.ID, pointed: b.moved || b.pointed()}, now)
	s.change(client, b)
}

// change has others told of client at the next flush.
func (s *presence) change(client uint64, b *being) {
	if b.known != untold {
		b.known = untold
		s.list(client)
	}
}
