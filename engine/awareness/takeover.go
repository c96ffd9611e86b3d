package awareness

import (
	"bytes"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// takeover is a guest's request for a client id that another guest's peer owns. The rival may be
// the same client, beside its old, half-open connection, or a stranger; only the owner's connection
// shows which. So the owner is asked for its state, which a y-websocket client sends at once. If it
// is not sent, the rival gets the client id.
type takeover struct {
	client uint64
	rival  *Peer
	entry  yjs.AwarenessEntry // the newest that rival sent; a copy
	due    time.Time          // when rival gets the id
}

// takeoverTimeout is how long the owner has to answer.
const takeoverTimeout = 3 * time.Second

// mayRequest reports whether p may be the client of s, where p and the owner of s are guests. Such
// a p joined later, sent a state of that client before any other, and now sends one that the server
// cannot have sent to it.
func (r *Room) mayRequest(p *Peer, s *state, e yjs.AwarenessEntry) bool {
	owner := s.owner
	return p.guest && owner.guest && owner != p && !owner.native && p.joined > owner.joined &&
		!s.synthetic && p.self == e.Client && !e.Removed() && len(e.State) <= r.cfg.StateBytes &&
		r.isNewFrom(p, s, e)
}

// request begins a takeover of s by p, and returns the owner, which must be asked for its state;
// nil if it was asked before. It copies the state of e.
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

// takeoverOf returns the position of the takeover of a client id, -1 if there is none.
func (r *Room) takeoverOf(client uint64) int {
	return slices.IndexFunc(r.takeovers, func(t takeover) bool { return t.client == client })
}

// cancelTakeovers drops the takeovers of client ids that p owns, as p has answered, and those that
// p began, if p has left.
func (r *Room) cancelTakeovers(p *Peer) {
	r.takeovers = slices.DeleteFunc(r.takeovers, func(t takeover) bool {
		s := r.states[t.client]
		return t.rival == p && p.left || s != nil && s.owner == p
	})
}

// nextTakeover returns when the first takeover is due, zero if there is none. All take equally
// long, so the one that began first is due first.
func (r *Room) nextTakeover() time.Time {
	if len(r.takeovers) == 0 {
		return time.Time{}
	}
	return r.takeovers[0].due
}

// endTakeovers gives client ids to their rivals if the owners have not answered in time.
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

// mayTransfer reports whether p becomes the owner of s, which another peer owns, with e. That may
// be a client that sends its own state, which was relayed; a client that reconnects as the same
// user beside its half-open connection; or a guest that takes back a client id which another guest
// took over while it was silent.
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

// isNewFrom reports whether e, which p sends for the state s of another peer, cannot have been sent
// to p by the server.
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
