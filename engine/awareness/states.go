package awareness

import (
	"bytes"
	"time"

	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/schedule"
)

// insert makes s the state of client.
func (r *Room) insert(client uint64, s *state) {
	if r.states == nil {
		r.states = make(map[uint64]*state)
	}
	r.expiry = schedule.Earliest(r.expiry, r.end(s))
	s.owner.owned = append(s.owner.owned, client)
	r.states[client] = s
	r.tombstones.remove(client)
	if s.unsent = unsentChange; !r.isChanged(client) { // it is if it was just removed
		r.addChanged(client)
	}
}

// remove removes the state of client, and leaves a tombstone.
func (r *Room) remove(client uint64, s *state, now time.Time) {
	s.owner.disown(client)
	delete(r.states, client)
	r.tombstones.add(client, tombstone{
		clock: s.sentClock, user: s.owner.user,
		hadCursor: s.moved || s.hasCursor(), relayed: s.relayed,
	}, now)
	r.bytes -= len(s.json())
	r.markChanged(client, s)
}

// update processes an entry of the owner of s. As in y-protocols a removal needs no later clock.
func (r *Room) update(s *state, e yjs.AwarenessEntry, cursor []byte, now time.Time) {
	switch {
	case e.Removed() && e.Clock >= s.clock:
		s.sentClock = max(s.sentClock, e.Clock)
		r.remove(e.Client, s, now)
	case e.Clock <= s.clock:
	case !bytes.Equal(e.State, s.json()):
		r.replace(s, e, cursor, now)
	default:
		r.renew(s, e.Clock, now)
	}
}

// replace sets the state of e, at a clock that others accept.
func (r *Room) replace(s *state, e yjs.AwarenessEntry, cursor []byte, now time.Time) {
	s.clock, s.sentClock = max(e.Clock, s.clock), max(e.Clock, s.sentClock+1)
	s.renewed = r.cfg.since(now)
	r.setState(s, e.State, cursor)
	r.markChanged(e.Client, s)
}

// renew sets the clock of s when its owner sends the same state with a later one. An owner counts
// on from the clock that it was sent, but for a native one, which is sent nothing of its own.
func (r *Room) renew(s *state, clock uint64, now time.Time) {
	s.clock, s.renewed = clock, r.cfg.since(now)
	switch {
	case s.owner.native:
		s.sentClock = max(clock, s.sentClock+1)
	case clock == s.sentClock:
		return
	default:
		s.sentClock = clock
	}
	r.markRenewed(s, now)
}

// ownState returns the state of p's own client, nil if it has none.
func (r *Room) ownState(p *Peer) (client uint64, s *state) {
	for _, client = range p.owned {
		if s = r.states[client]; !s.relayed {
			return client, s
		}
	}
	return 0, nil
}

// rename gives p, if it is a guest, the name in e, which has become its own state s.
func (r *Room) rename(p *Peer, s *state, e yjs.AwarenessEntry) {
	if p.guest && s.owner == p && !s.relayed && s.clock == e.Clock && !e.Removed() {
		name, color := readFields(e.State).nameAndColor()
		r.users.rename(p.user, name, color)
	}
}
