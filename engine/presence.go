package engine

import (
	"bytes"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/steps"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// presence is the awareness of a room, of which it is the authority: a client
// id belongs to the connection that first spoke for it, and others' talk of it
// is ignored. Guarded by room.mu.
type presence struct {
	e       *Engine
	entries map[uint64]*being // by client id
	bytes   int               // of their states
	graves  graveyard
	changed []uint64            // client ids to be told of at the next flush, each once
	listed  map[uint64]struct{} // those in changed; nil while they are few

	expiry    time.Time // no entry expires before; zero without entries
	renewAt   time.Time // when renewals are told; zero when nothing was renewed
	renewal   time.Time // when they last were
	remindAt  time.Time // zero when nobody is back
	reminding time.Time // when everyone was last told for somebody who is back

	takeovers []pendingTakeover // the oldest first
	bereft    []*participant    // whose cursor another has taken over since the last flush
	retorts   []utterance       // what the speaker of the current message must hear
	state     []byte            // of the current entry, as it is relayed
}

// hear takes in a message of p's. What p must be told in return is in refused. It returns ErrPresenceSize when some of
// it is too large; the rest of it counts, and what p said before stays.
func (s *presence) hear(p *Peer, a yjs.CheckedAwareness, now time.Time) (err error) {
	s.retorts = nil
	if s.e.cfg.NoPresence {
		return nil
	}
	s.introduces(p, a)
	s.answered(p)
	n := 0
	for e := range a.Entries() {
		if n++; n > maxAwarenessEntries {
			break // a client that was asleep may say of thousands that they have gone, which is not for it to say
		}
		b := s.entries[e.Client]
		echo := b != nil && (b.avatar || b.owner != p && !s.yields(p, b, e))
		switch {
		case echo && s.mayTakeOver(p, b, e):
			s.askOwner(p, b, e, now)
		case echo:
		case !e.Gone() && s.exceeded(p, b, s.saidLength(p, e.State), len(e.State)):
			err = ErrPresenceSize
			s.keep(p, b, e, now)
		default:
			s.take(p, b, e, now)
		}
	}
	return err
}

// introduces notes for which client id p speaks first, if that is alone: most clients begin with their own state. What
// they say later may be of others, whom they have heard of from here or, as another tab of their browser, elsewhere.
func (s *presence) introduces(p *Peer, a yjs.CheckedAwareness) {
	if p.spoke {
		return
	}
	for e := range a.Entries() {
		if p.spoke = p.spoke || !e.Gone(); p.spoke && a.Len() == 1 {
			p.self = e.Client
		}
	}
}

// take takes in one entry of a message that is no echo, b being what is known of its client id.
func (s *presence) take(p *Peer, b *being, e yjs.AwarenessEntry, now time.Time) {
	c, cursor := s.authenticate(p, &e)
	if b != nil && b.beside && c.cursor == nil {
		cursor = bytes.Clone(b.cursor())
	}
	switch {
	case b == nil:
		s.claim(p, e, cursor, now)
	case b.owner == p:
		s.speak(b, e, cursor, now)
	default:
		s.takeOver(p, b, e, cursor, now)
	}
	if b = s.entries[e.Client]; b != nil {
		s.call(p, b, e)
	}
}

// call gives p, if it is a guest, the name that it gives itself in e, which has been taken for b.
func (s *presence) call(p *Peer, b *being, e yjs.AwarenessEntry) {
	if p.who.ID == "" && b.owner == p && !b.relayed && b.clock == e.Clock && !e.Gone() {
		name, color := readState(e.State).called()
		p.room.people.call(p.person, name, color)
	}
}

// authenticate makes e what others may be told, and returns what it said, and the cursor in it. A
// guest goes by the name that it gives itself; anybody else's is the token's.
func (s *presence) authenticate(p *Peer, e *yjs.AwarenessEntry) (c claimed, cursor []byte) {
	if e.Gone() {
		return c, noCursor
	}
	c = readState(e.State)
	if cursor = c.cursor; cursor == nil {
		cursor = noCursor
	}
	if p.who.ID != "" && !s.e.cfg.TrustPresence {
		s.state = appendAuthentic(s.state[:0], e.State, c, p.person.User)
		e.State = s.state
	}
	return c, cursor
}

// claim lets p own a client id that nobody owns. One that went a moment ago must
// come back with a later clock, else other clients would not believe it: p is
// told what was said when it went, whereupon a client counts on and speaks again.
// And p needs to be reminded of the others.
func (s *presence) claim(p *Peer, e yjs.AwarenessEntry, cursor []byte, now time.Time) {
	if e.Gone() {
		return
	}
	old, back := s.graves.find(e.Client)
	relayed := p.relays(e.Client)
	if back && relayed && !old.relayed {
		s.refuseRelay(old, e)
		return
	}
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
	b := &being{clock: e.Clock, told: e.Clock + 1, owner: p, heard: s.e.clock(now), relayed: relayed}
	s.say(b, e.State, cursor)
	s.enter(e.Client, b)
}

// relays says whether what p says of a client id is of somebody else.
func (p *Peer) relays(client uint64) bool { return p.self != 0 && p.self != client }

// refuseRelay is for what p has heard elsewhere of a client whose own connection has ended: it is told once that the
// client has gone, with a clock that it believes. Once, as a client that is there after all, to p, contradicts that.
func (s *presence) refuseRelay(old resting, e yjs.AwarenessEntry) {
	if old.refused {
		return
	}
	old.clock, old.refused = max(old.clock, e.Clock), true
	s.graves.clocks[e.Client] = old
	s.retorts = append(s.retorts, old.utterance(e.Client))
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
func (s *presence) speak(b *being, e yjs.AwarenessEntry, cursor []byte, now time.Time) {
	switch {
	case e.Gone() && e.Clock >= b.clock:
		b.told = max(b.told, e.Clock)
		s.remove(e.Client, b, now)
	case e.Clock <= b.clock:
	case !bytes.Equal(e.State, b.state()):
		s.restate(b, e, cursor, now)
	default:
		s.reaffirm(b, e.Clock, now)
	}
}

// restate has b in the state of e, which others believe.
func (s *presence) restate(b *being, e yjs.AwarenessEntry, cursor []byte, now time.Time) {
	b.clock, b.told, b.heard = max(e.Clock, b.clock), max(e.Clock, b.told+1), s.e.clock(now)
	s.say(b, e.State, cursor)
	s.change(e.Client, b)
}

// reaffirm is for an owner that says what it said before, with a later clock.
func (s *presence) reaffirm(b *being, clock uint64, now time.Time) {
	if b.clock, b.heard = clock, s.e.clock(now); clock != b.told { // else it counts on from what it was told
		b.told = clock
		s.renew(b, now)
	}
}

// yields says whether b, which another connection speaks for, is p's from here on. All else that is said of somebody
// else's id is an echo. A client comes back beside its old, half-open connection as the same user. A guest whose id
// another got, and who was there after all, gets it back. And what is passed on for somebody else is that one's as soon as
// it has a connection.
func (s *presence) yields(p *Peer, b *being, e yjs.AwarenessEntry) bool {
	old := b.owner
	switch {
	case p.relays(e.Client) || e.Gone() || len(p.owned) >= s.e.cfg.AwarenessClients:
		return false
	case b.relayed && p.self == e.Client:
		return true
	case p.who.is(old.who):
		return s.isNews(p, b, e)
	case p.who.ID == "" && old.who.ID == "" && p.self == e.Client:
		return s.isNews(p, b, e) && p.joined < old.joined
	}
	return false
}

// isNews says whether e, which p says of what another owns, is something that p cannot have heard from here.
func (s *presence) isNews(p *Peer, b *being, e yjs.AwarenessEntry) bool {
	if e.Clock > b.told || p.self != e.Client || e.Clock < b.clock {
		return e.Clock > b.told
	}
	s.authenticate(p, &e)
	return !bytes.Equal(e.State, b.state())
}

// takeOver has p own b.
func (s *presence) takeOver(p *Peer, b *being, e yjs.AwarenessEntry, cursor []byte, now time.Time) {
	s.dismiss(p, now)
	old := b.owner
	old.disown(e.Client)
	if p.owned = append(p.owned, e.Client); !b.relayed {
		s.remind(now)
	}
	b.owner, b.relayed = p, p.relays(e.Client)
	if old.person == p.person {
		s.speak(b, e, cursor, now)
		return
	}
	if b.pointed() {
		s.bereft = append(s.bereft, old.person)
	}
	s.restate(b, e, cursor, now)
	b.moved = b.pointed()
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
		s.inherit(client, now)
	}
	s.answered(p)
}

func (s *presence) remove(client uint64, b *being, now time.Time) {
	b.owner.disown(client)
	delete(s.entries, client)
	s.graves.dig(client, resting{clock: b.told, person: b.owner.person, pointed: b.moved || b.pointed(), relayed: b.relayed}, now)
	s.bytes -= len(b.state())
	s.change(client, b)
}

// change has others told of client at the next flush.
func (s *presence) change(client uint64, b *being) {
	if b.known != untold {
		b.known = untold
		s.list(client)
	}
}
