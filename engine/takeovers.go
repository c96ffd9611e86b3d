package engine

import (
	"bytes"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// pendingTakeover is about a client id that a guest speaks for and another guest's connection owns. It may be the same client,
// beside its old, half-open connection, or somebody else; nothing but that connection can tell. So its client is asked who
// is present, which a y-websocket client answers at once, and what the newcomer says is taken when there is no answer.
type pendingTakeover struct {
	client uint64
	rival  *Peer
	says   yjs.AwarenessEntry // the newest that rival said
	due    time.Time          // when rival gets the id
}

// takeoverPatience is how long an answer is waited for.
const takeoverPatience = 3 * time.Second

// mayTakeOver says whether p, a guest, may be the client that b is of, another guest's. It speaks of that first, and says
// what it cannot have heard from here.
func (s *presence) mayTakeOver(p *Peer, b *being, e yjs.AwarenessEntry) bool {
	guests := p.who.ID == "" && b.owner.who.ID == ""
	return guests && !b.avatar && b.owner != p && p.self == e.Client && p.joined > b.owner.joined &&
		!e.Gone() && len(e.State) <= s.e.cfg.AwarenessBytes && !b.owner.proto.Native() && s.isNews(p, b, e)
}

// askOwner asks the owner of b, unless it has been asked. It keeps nothing of e.
func (s *presence) askOwner(p *Peer, b *being, e yjs.AwarenessEntry, now time.Time) {
	e.State = bytes.Clone(e.State)
	i := s.takeoverOf(e.Client)
	switch {
	case i < 0:
		s.takeovers = append(s.takeovers, pendingTakeover{e.Client, p, e, now.Add(takeoverPatience)})
		b.owner.send(seal(notice, b.owner.proto, protocol.Message{Kind: protocol.AwarenessRequest}))
	case s.takeovers[i].rival == p:
		s.takeovers[i].says = e
	}
}

func (s *presence) takeoverOf(client uint64) int {
	return slices.IndexFunc(s.takeovers, func(c pendingTakeover) bool { return c.client == client })
}

// answered ends the takeovers that wait of what p owns, as p is there, and those that p began, when it has left.
func (s *presence) answered(p *Peer) {
	s.takeovers = slices.DeleteFunc(s.takeovers, func(c pendingTakeover) bool {
		b := s.entries[c.client]
		return c.rival == p && p.left() || b != nil && b.owner == p
	})
}

// takeoverDue is when one is next, zero if there is none. They are made in the order in which they began.
func (s *presence) takeoverDue() time.Time {
	if len(s.takeovers) == 0 {
		return time.Time{}
	}
	return s.takeovers[0].due
}

// endTakeovers gives the rivals what nobody answered for.
func (s *presence) endTakeovers(now time.Time) {
	for len(s.takeovers) > 0 && reached(s.takeovers[0].due, now) {
		c := s.takeovers[0]
		s.takeovers = s.takeovers[1:]
		if b := s.entries[c.client]; b != nil && len(c.rival.owned) < s.e.cfg.AwarenessClients {
			_, cursor := s.authenticate(c.rival, &c.says)
			s.takeOver(c.rival, b, c.says, cursor, now)
			s.call(c.rival, b, c.says)
		}
	}
}

// inherit has the rival get a client id at once, as its owner has gone.
func (s *presence) inherit(client uint64, now time.Time) {
	if i := s.takeoverOf(client); i >= 0 {
		c := s.takeovers[i]
		s.takeovers = slices.Delete(s.takeovers, i, i+1)
		s.take(c.rival, nil, c.says, now)
	}
}
