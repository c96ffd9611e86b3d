package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/awareness"
)

// presenceConfig is what rooms know of the engine's configuration for their presence.
func (e *Engine) presenceConfig() awareness.Config {
	c := &e.cfg
	return awareness.Config{
		Disabled: c.NoPresence, TrustClients: c.TrustPresence,
		Timeout: c.AwarenessTimeout, RenewalInterval: c.RenewalInterval,
		ClientsPerPeer: c.AwarenessClients, StateBytes: c.AwarenessBytes, PeerBytes: c.AwarenessPeerBytes,
		RoomBytes: c.AwarenessRoomBytes, SignalBytes: c.SignalBytes,
		Epoch:   e.began,
		Dropped: func(limit awareness.Limit) { e.metrics.presenceDropped[limit].Inc() },
	}
}

// user is the user that others see.
func (i Identity) user(peer uint64) protocol.User {
	if i.ID == "" {
		return awareness.Guest(peer)
	}
	return awareness.Known(i.ID, i.Name)
}

// receiveAwareness takes in an awareness update of p's; mu is held. Its error is
// awareness.ErrTooLarge.
func (r *room) receiveAwareness(p *Peer, u yjs.CheckedAwareness) error {
	if r.deaf(p) {
		return nil
	}
	now := time.Now()
	own := p.presence.ClientID()
	query, err := r.presence.Receive(&p.presence, u, now, func(m protocol.Message) { p.send(seal(fleeting, p.proto, m)) })
	if query != nil {
		r.queryAwareness(query)
	}
	if p.presence.ClientID() != own {
		r.confirm(p)
	}
	r.presenceChanged(now)
	return err
}

// queryAwareness asks a peer for its awareness state.
func (r *room) queryAwareness(owner *awareness.Peer) {
	for _, p := range r.peers {
		if &p.presence == owner {
			p.send(seal(notice, p.proto, protocol.Message{Kind: protocol.AwarenessRequest}))
		}
	}
}

// setCursor takes in a cursor of p's, nil for none; mu is held. Its error is
// awareness.ErrTooLarge.
func (r *room) setCursor(p *Peer, cursor []byte) error {
	if r.deaf(p) {
		return nil
	}
	now := time.Now()
	err := r.presence.SetCursor(&p.presence, cursor, now)
	r.presenceChanged(now)
	return err
}

// signal takes in a presence event of p's, which it borrows; mu is held. Its error is
// awareness.ErrTooLarge.
func (r *room) signal(p *Peer, event string, body []byte) error {
	if r.deaf(p) {
		return nil
	}
	if err := r.presence.Signal(&p.presence, event, body); err != nil {
		return err
	}
	r.presenceChanged(time.Now())
	return nil
}

// presenceChanged has the changes of presence sent, if there are any.
func (r *room) presenceChanged(now time.Time) {
	if r.presence.HasChanges() {
		r.mention(now)
	}
	r.reschedule()
}

// flushPresence sends the changes of presence.
func (r *room) flushPresence() { r.presence.Flush(r.sendPresence) }

// sendPresence sends a message to those it is for, encoded once per protocol.
func (r *room) sendPresence(m awareness.Outgoing) {
	c := notice
	if !m.IsAboutUser() {
		c, r.told = fleeting, time.Now()
	}
	same := make([]sealed, 0, 4)
	for _, p := range r.peers {
		if p.welcomed && m.IsFor(&p.presence) {
			p.send(sealedFor(&same, c, p.proto, m.Message))
		}
	}
}

// presencePortion is about how many bytes of states a peer's queue holds at a time. A peer
// that asks for all states is sent the next portion when one has been written.
func (r *room) presencePortion() int { return min(256<<10, r.e.cfg.QueueBytes/4) }

// sendAllPresence sends p all states: at once, or in portions when that is much.
func (r *room) sendAllPresence(p *Peer, c class) {
	if r.presence.Size() > r.presencePortion() {
		p.owe().presence = true
		r.settle(p)
		return
	}
	r.presence.SendAll(&p.presence, func(m protocol.Message) { p.send(seal(c, p.proto, m)) })
}

// payPresence pays the first portion of the states that d has, and has p owed the rest.
func (r *room) payPresence(p *Peer, d *debt, pay func(*parcel)) {
	clients := d.clients
	if d.presence {
		clients = r.presence.Clients()
		r.presence.SendTombstones(&p.presence, func(m protocol.Message) { pay(seal(answer, p.proto, m)) })
	}
	clients = r.presence.SendSome(&p.presence, clients, r.presencePortion(), func(m protocol.Message) int {
		parcel := seal(answer, p.proto, m)
		pay(parcel)
		return len(parcel.wire)
	})
	if len(clients) > 0 {
		p.owe().clients = clients
	}
}
