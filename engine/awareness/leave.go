package awareness

import (
	"slices"
	"time"
)

// Leave removes p and everything that it sent. It is the last call for p.
func (r *Room) Leave(p *Peer, now time.Time) {
	p.left = true
	r.Withdraw(p, now)
	r.dropSignals(p, 0)
	r.users.remove(p.user)
}

// Withdraw removes the states of p. Peer p stays in the room, and SetNative must be called next.
func (r *Room) Withdraw(p *Peer, now time.Time) {
	if p.native {
		r.natives--
		p.native = false
	}
	for len(p.owned) > 0 {
		client := p.owned[0]
		r.remove(client, r.states[client], now)
		r.endTakeoverOf(client, now)
	}
	r.cancelTakeovers(p)
}

// endTakeoverOf gives a client id to its rival at once, as the owner has left.
func (r *Room) endTakeoverOf(client uint64, now time.Time) {
	if i := r.takeoverOf(client); i >= 0 {
		t := r.takeovers[i]
		r.takeovers = slices.Delete(r.takeovers, i, i+1)
		r.receive(t.rival, nil, t.entry, now)
	}
}
