package awareness

import (
	"bytes"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// takeover is a guest's request for a client id that another guest's peer owns. It may be
// the same client, beside its old, half-open connection, or a stranger; only that
// connection can tell. So the owner is asked for its state, which a y-websocket client
// sends at once, and the rival gets the id when it is not sent.
type takeover struct {
	client uint64
	rival  *Peer
	entry  yjs.AwarenessEntry // the newest that rival sent; it owns the State
	due    time.Time          // when rival gets the id
}

// takeoverTimeout is how long the owner has to answer.
const takeoverTimeout = 3 * time.Second

// mayRequest reports whether p, a guest, may be the client of s, another guest's. It sends
// that client's state first, and one that it cannot have been sent by the server.
func (r *Room) mayRequest(p *Peer, s *state, e yjs.AwarenessEntry) bool {
	owner := s.owner
	return p.guest && owner.guest && owner != p && !owner.native && p.joined > owner.joined &&
		!s.synthetic && p.self == e.Client && !e.Removed() && len(e.State) <= r.cfg.StateBytes &&
		r.isNewFrom(p, s, e)
}

// request begins a takeover of s by p, and returns the owner, which is to be asked for its
// state; or nil, if it has been. It keeps nothing of e.
func (r *Room) request(p *Peer, s *state, e yjs.AwarenessEntry, now time.Time) (query *Peer) {
	e.State = bytes.Clone(e.State)
	i := r.takeoverOf(e.Client)
	switch {
	case i < 0:
		r.takeovers = append(r.takeovers, takeover{e.Client, p, e, now.Add(takeoverTimeout)})
		return s.owner
	case r.takeovers[i].rival == p:
		r.takeovers[i].entry = e
	}
	return nil
}

// takeoverOf is the position of the takeover of a client id, -1 if there is none.
func (r *Room) takeoverOf(client uint64) int {
	return slices.IndexFunc(r.takeovers, func(t takeover) bool { return t.client == client })
}

// cancelTakeovers ends those of what p owns, as p is there, and those that p began, when it
// has left.
func (r *Room) cancelTakeovers(p *Peer) {
	r.takeovers = slices.DeleteFunc(r.takeovers, func(t takeover) bool {
		s := r.states[t.client]
		return t.rival == p && p.left || s != nil && s.owner == p
	})
}

// nextTakeover is when one is next due, zero if there is none. They are in the order in
// which they began, and all wait equally long.
func (r *Room) nextTakeover() time.Time {
	if len(r.takeovers) == 0 {
		return time.Time{}
	}
	return r.takeovers[0].due
}

// endTakeovers gives rivals the client ids whose owners have not answered.
func (r *Room) endTakeovers(now time.Time) {
	for len(r.takeovers) > 0 && schedule.Reached(r.takeovers[0].due, now) {
		t := r.takeovers[0]
		r.takeovers = r.takeovers[1:]
		if s := r.states[t.client]; s != nil && len(t.rival.owned) < r.cfg.ClientsPerPeer {
			e, _, cursor := r.stamped(t.rival, t.entry)
			r.transfer(t.rival, s, e, cursor, now)
			r.rename(t.rival, s, e)
		}
	}
}

// mayTransfer reports whether s, which another peer owns, is p's from here on. A client
// comes back beside its old, half-open connection as the same user. A guest whose id
// another guest took over, and that was there after all, gets it back. And a relayed state
// is its client's as soon as that has a connection.
func (r *Room) mayTransfer(p *Peer, s *state, e yjs.AwarenessEntry) bool {
	old := s.owner
	switch {
	case p.relays(e.Client) || e.Removed() || len(p.owned) >= r.cfg.ClientsPerPeer:
		return false
	case s.relayed && p.self == e.Client:
		return true
	case p.isSameUser(old):
		return r.isNewFrom(p, s, e)
	case p.guest && old.guest && p.self == e.Client:
		return r.isNewFrom(p, s, e) && p.joined < old.joined
	}
	return false
}

// isNewFrom reports whether e, which p sends for a state of another's, is something that p
// cannot have been sent by the server.
func (r *Room) isNewFrom(p *Peer, s *state, e yjs.AwarenessEntry) bool {
	if e.Clock > s.sentClock || p.self != e.Client || e.Clock < s.clock {
		return e.Clock > s.sentClock
	}
	e, _, _ = r.stamped(p, e)
	return !bytes.Equal(e.State, s.json())
}

// transfer makes p the owner of s.
func (r *Room) transfer(p *Peer, s *state, e yjs.AwarenessEntry, cursor []byte, now time.Time) {
	r.removeSynthetic(p, now)
	old := s.owner
	old.disown(e.Client)
	if p.owned = append(p.owned, e.Client); !s.relayed {
		r.remind(now)
	}
	s.owner, s.relayed = p, p.relays(e.Client)
	if old.user == p.user {
		r.update(s, e, cursor, now)
		return
	}
	if s.hasCursor() {
		r.lostCursors = append(r.lostCursors, old.user)
	}
	r.replace(s, e, cursor, now)
	s.moved = s.hasCursor()
}
