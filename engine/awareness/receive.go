package awareness

import (
	"bytes"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Receive processes an awareness update of p, which it borrows. It calls reply with messages for p,
// whose bodies are valid until reply returns. If query is not nil, that peer must be sent an
// AwarenessRequest. The error is ErrTooLarge if some states of the update are too large: all others
// are accepted, and the earlier states of p stay.
func (r *Room) Receive(
	p *Peer, u yjs.CheckedAwareness, now time.Time, reply func(protocol.Message),
) (query *Peer, err error) {
	if r.cfg.Disabled {
		return nil, nil
	}
	r.replies = nil
	p.noteClientID(u)
	r.cancelTakeovers(p)
	n := 0
	for e := range u.Entries() {
		if n++; n > maxEntries {
			break // a client that was asleep may send the removals of thousands of others
		}
		s := r.states[e.Client]
		others := s != nil && (s.synthetic || s.owner != p && !r.mayTransfer(p, s, e))
		switch {
		case others && r.mayRequest(p, s, e):
			if owner := r.request(p, s, e, now); owner != nil {
				query = owner
			}
		case others:
		case !e.Removed() && r.exceeds(p, s, r.sentLength(p, e.State), len(e.State)):
			err = ErrTooLarge
			r.keep(p, s, e, now)
		default:
			r.receive(p, s, e, now)
		}
	}
	if len(r.replies) > 0 {
		r.reply(p, reply)
	}
	return query, err
}

// receive processes an entry of p for a client id that p owns, that has no owner, or that p takes
// over. s is the state of the client id, nil if it has none.
func (r *Room) receive(p *Peer, s *state, e yjs.AwarenessEntry, now time.Time) {
	e, f, cursor := r.stamped(p, e)
	if s != nil && s.separateCursor && f.cursor == nil {
		cursor = bytes.Clone(s.cursor())
	}
	switch {
	case s == nil:
		r.claim(p, e, cursor, now)
	case s.owner == p:
		r.update(s, e, cursor, now)
	default:
		r.transfer(p, s, e, cursor, now)
	}
	if s = r.states[e.Client]; s != nil {
		r.rename(p, s, e)
	}
}

// claim makes p the owner of a client id that has no owner. A client that was removed a moment ago
// must return with a later clock, as other clients ignore an earlier one. If it does not, p is sent
// the tombstone, and its client counts on from that and sends its state again. All states are then
// sent again, as p's client may have forgotten them.
func (r *Room) claim(p *Peer, e yjs.AwarenessEntry, cursor []byte, now time.Time) {
	if e.Removed() {
		return
	}
	old, back := r.tombstones.find(e.Client)
	relayed := p.relays(e.Client)
	if back && relayed && !old.relayed {
		r.refuseRelayed(old, e)
		return
	}
	if back {
		r.remind(now)
	}
	if back && e.Clock <= old.clock {
		r.replies = append(r.replies, old.update(e.Client))
		return
	}
	r.removeSynthetic(p, now)
	if len(p.owned) >= r.cfg.ClientsPerPeer {
		return
	}
	s := &state{
		clock: e.Clock, sentClock: e.Clock + 1,
		owner: p, renewed: r.cfg.since(now), relayed: relayed,
	}
	r.setState(s, e.State, cursor)
	r.insert(e.Client, s)
}

// refuseRelayed refuses a state that p relays for a client whose own connection has ended. It sends
// p the removal, at a clock that p accepts, but only once: if p still reaches that client through
// the browser, the client contradicts each removal.
func (r *Room) refuseRelayed(old tombstone, e yjs.AwarenessEntry) {
	if old.refused {
		return
	}
	old.clock, old.refused = max(old.clock, e.Clock), true
	r.tombstones.byClient[e.Client] = old
	r.replies = append(r.replies, old.update(e.Client))
}

// keep renews the earlier state of p when a newer one is dropped.
func (r *Room) keep(p *Peer, s *state, e yjs.AwarenessEntry, now time.Time) {
	if s != nil && s.owner == p && e.Clock > s.clock {
		r.renew(s, e.Clock, now)
	}
}

// reply sends p the replies.
func (r *Room) reply(p *Peer, send func(protocol.Message)) {
	b := newBatch()
	defer b.release()
	b.updates = append(b.updates, r.replies...)
	b.sendTo(p, send)
	r.replies = nil
}
