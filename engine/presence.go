package engine

import (
	"bytes"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec"
)

// presence is the awareness of a room, of which it is the authority: a client
// id belongs to the connection that first spoke for it, and others' talk of it
// is ignored. Guarded by room.mu.
type presence struct {
	limits  *Config
	entries map[uint64]*being // by client id
	graves  graveyard

	changed map[uint64]struct{} // to be told at the next flush
	renewed map[uint64]struct{} // to be told at renewAt

	expiry    time.Time // no entry expires before; zero without entries
	renewAt   time.Time // zero when nothing was renewed
	renewal   time.Time // when renewals were last told
	remindAt  time.Time // zero when nobody is back
	reminding time.Time // when everyone was last told for somebody who is back

	scratch []utterance // of tell and everyone
	retorts []utterance // what the speaker of the current message must hear
	state   []byte      // of the current entry, as it is relayed
}

// being is a client id that is present.
//
// A client that has lost its connection forgets the states of others and
// remembers their clocks: it does not believe the same state at the same clock
// when it is back. So a state is told again one clock ahead of the owner's. The
// owner hears that too and counts on from there. More than one clock ahead could
// take the owner's next state from it.
type being struct {
	clock  uint64 // the owner's
	told   uint64 // what others are told: clock or clock+1
	state  []byte // JSON, never null, as it is relayed
	cursor []byte // JSON; what its owner says of its cursor, null if nothing
	owner  *Peer
	heard  time.Time

	avatar bool // it is ours, for an owner that does not speak awareness
	news   bool // since it was last told, state is another
	moved  bool // and so is cursor
}

// hear takes in a message of p's. What p must be told in return is in refused.
func (s *presence) hear(p *Peer, a codec.CheckedAwareness, now time.Time) {
	s.retorts = s.retorts[:0]
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
	case c.object && !s.limits.TrustPresence:
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
	if len(p.owned) >= s.limits.AwarenessClients {
		return
	}
	s.enter(e.Client, &being{clock: e.Clock, told: e.Clock + 1, state: bytes.Clone(e.State), cursor: bytes.Clone(cursor), owner: p, heard: now}, now)
}

// enter has b present as client.
func (s *presence) enter(client uint64, b *being, now time.Time) {
	if s.entries == nil {
		s.entries = make(map[uint64]*being)
	}
	s.expiry = earliest(s.expiry, s.ends(b))
	b.owner.owned = append(b.owner.owned, client)
	b.news, b.moved = true, !bytes.Equal(b.cursor, noCursor)
	s.entries[client] = b
	s.graves.open(client)
	mark(&s.changed, client)
}

// speak is the owner's. As in y-protocols a withdrawal needs no later clock.
func (s *presence) speak(b *being, e codec.AwarenessEntry, cursor []byte, now time.Time) {
	switch {
	case e.Gone() && e.Clock >= b.clock:
		b.told = max(b.told, e.Clock)
		s.remove(e.Client, b, now)
	case e.Clock <= b.clock:
	case !bytes.Equal(e.State, b.state):
		b.clock, b.told, b.heard, b.news = e.Clock, max(e.Clock, b.told+1), now, true
		b.state = append(b.state[:0], e.State...)
		b.point(cursor)
		mark(&s.changed, e.Client)
	case e.Clock == b.told: // it counts on from what it was told
		b.clock, b.heard = e.Clock, now
	default:
		b.clock, b.told, b.heard = e.Clock, e.Clock, now
		s.renew(e.Client, now)
	}
}

// takeOver is for a client that is back beside its old, half-open connection:
// the same user with a later clock. All other talk of somebody else's id is an echo.
func (s *presence) takeOver(p *Peer, b *being, e codec.AwarenessEntry, cursor []byte, now time.Time) {
	if e.Clock <= b.told || e.Gone() || !p.who.is(b.owner.who) || len(p.owned) >= s.limits.AwarenessClients {
		return
	}
	s.dismiss(p, now)
	b.owner.disown(e.Client)
	b.owner = p
	p.owned = append(p.owned, e.Client)
	s.remind(now)
	s.speak(b, e, cursor, now)
}

// point notes where the cursor is.
func (b *being) point(cursor []byte) {
	if !bytes.Equal(cursor, b.cursor) {
		b.cursor, b.moved = append(b.cursor[:0], cursor...), true
	}
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
	s.graves.dig(client, resting{clock: b.told, user: b.owner.person.ID, pointed: b.moved || !bytes.Equal(b.cursor, noCursor)}, now)
	mark(&s.changed, client)
}

func mark(set *map[uint64]struct{}, client uint64) {
	if *set == nil {
		*set = make(map[uint64]struct{})
	}
	(*set)[client] = struct{}{}
}
