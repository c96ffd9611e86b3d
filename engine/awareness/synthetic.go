package awareness

import (
	"math/rand/v2"
	"time"
)

// insertSynthetic gives p a state, so that clients which know only awareness states see it join,
// move its cursor and leave.
func (r *Room) insertSynthetic(p *Peer, now time.Time) {
	s := &state{clock: 1, sentClock: 1, owner: p, renewed: r.cfg.since(now), synthetic: true}
	r.stampedBuffer = appendSynthetic(r.stampedBuffer[:0], p.user.User, noCursor)
	r.setState(s, r.stampedBuffer, noCursor)
	r.insert(r.unusedClient(), s)
}

// unusedClient returns a random client id of 32 bits, as Yjs makes them, which has no state and no
// tombstone.
func (r *Room) unusedClient() uint64 {
	for {
		client := uint64(rand.Uint32())
		_, removed := r.tombstones.find(client)
		if r.states[client] == nil && !removed {
			return client
		}
	}
}

// syntheticOf returns p's synthetic state, nil if it has none. A peer with a synthetic state owns
// no other.
func (r *Room) syntheticOf(p *Peer) *state {
	if len(p.owned) != 1 {
		return nil
	}
	if s := r.states[p.owned[0]]; s.synthetic {
		return s
	}
	return nil
}

// removeSynthetic removes p's synthetic state, as p sends a state itself.
func (r *Room) removeSynthetic(p *Peer, now time.Time) {
	if s := r.syntheticOf(p); s != nil {
		r.remove(p.owned[0], s, now)
	}
}
