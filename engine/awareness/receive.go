package awareness

import (
	"bytes"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// Receive takes in an awareness update of p's, which it borrows. It calls reply with
// messages for p, whose bodies are valid until reply returns. query, if not nil, is a peer
// to be sent an AwarenessRequest. The error is ErrTooLarge when some of the states are; the
// others count, and the earlier states of p stay.
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
			break // a client that was asleep may remove thousands of others, which is not for it to do
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

// receive takes in an entry of p's that is about a state of its own, or of nobody's. s is
// the state of its client id.
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

// claim makes p the owner of a client id that has none. One that was removed a moment ago
// must come back with a later clock, else other clients would not believe it: p is sent
// its removal, whereupon its client counts on and sends its state again. And p's client may
// have to be sent the others again.
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

// refuseRelayed is for a state that p relays of a client whose own connection has ended: p
// is sent once that it was removed, at a clock that it believes. Once, as a client that is
// there after all, to p, contradicts that.
func (r *Room) refuseRelayed(old tombstone, e yjs.AwarenessEntry) {
	if old.refused {
		return
	}
	old.clock, old.refused = max(old.clock, e.Clock), true
	r.tombstones.byClient[e.Client] = old
	r.replies = append(r.replies, old.update(e.Client))
}

// keep renews the state that p had before, when a newer one is dropped.
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
