package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/awareness"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// presenceConfig returns the configuration of presence.
func (e *Engine) presenceConfig() *awareness.Config {
	c := e.cfg()
	return &awareness.Config{
		Disabled: c.NoPresence, TrustClients: c.TrustPresence,
		Timeout: c.AwarenessTimeout, RenewalInterval: c.RenewalInterval,
		ClientsPerPeer: c.AwarenessClients, StateBytes: c.AwarenessBytes,
		PeerBytes: c.AwarenessPeerBytes, RoomBytes: c.AwarenessRoomBytes,
		SignalBytes: c.SignalBytes,
		Epoch:       e.began,
		Dropped:     func(limit awareness.Limit) { e.metrics.presenceDropped[limit].Inc() },
	}
}

// user returns the user that others see. peer is the number of an anonymous user.
func (i Identity) user(peer uint64) protocol.User {
	if i.ID == "" {
		return awareness.Guest(peer)
	}
	return awareness.Known(i.ID, i.Name)
}

// receiveAwareness handles an awareness update of p. Its error is awareness.ErrTooLarge. mu is
// held.
func (r *room) receiveAwareness(p *Peer, u yjs.CheckedAwareness) error {
	if r.discards(p) {
		return nil
	}
	now := time.Now()
	own := p.presence.ClientID()
	query, err := r.presence.Receive(&p.presence, u, now, func(m protocol.Message) {
		p.sendMessage(outbound.Presence, m)
	})
	if query != nil {
		r.queryAwareness(query)
	}
	if p.presence.ClientID() != own {
		r.replyAsReceipt(p)
	}
	r.presenceChanged(now)
	return err
}

// queryAwareness asks a peer for its awareness state.
func (r *room) queryAwareness(owner *awareness.Peer) {
	for _, p := range r.peers {
		if &p.presence == owner {
			p.sendMessage(outbound.Notice, protocol.Message{Kind: protocol.AwarenessRequest})
		}
	}
}

// setCursor handles a cursor of p, nil for none. Its error is awareness.ErrTooLarge. mu is held.
func (r *room) setCursor(p *Peer, cursor []byte) error {
	if r.discards(p) {
		return nil
	}
	now := time.Now()
	err := r.presence.SetCursor(&p.presence, cursor, now)
	r.presenceChanged(now)
	return err
}

// signal handles a presence event of p, which it borrows. Its error is awareness.ErrTooLarge. mu is
// held.
func (r *room) signal(p *Peer, event string, body []byte) error {
	if r.discards(p) {
		return nil
	}
	if err := r.presence.Signal(&p.presence, event, body); err != nil {
		return err
	}
	r.presenceChanged(time.Now())
	return nil
}

// presenceChanged schedules that changes of presence are sent, if there are any.
func (r *room) presenceChanged(now time.Time) {
	if r.presence.HasChanges() {
		r.schedulePresence(now)
	}
	r.reschedule()
}

// flushPresence sends the changes of presence.
func (r *room) flushPresence() { r.presence.Flush(r.sendPresence) }

// sendPresence sends a message to the peers that it is for, encoded once per protocol.
func (r *room) sendPresence(m awareness.Outgoing) {
	c := outbound.Notice
	if !m.IsAboutUser() {
		c, r.lastSent = outbound.Presence, time.Now()
	}
	var encoded outbound.PerProtocol[*outbound.Message]
	for _, p := range r.peers {
		if p.welcomed && m.IsFor(&p.presence) {
			p.send(encoded.For(p.proto, func() *outbound.Message {
				return outbound.Encode(c, p.proto, m.Message)
			}))
		}
	}
}

// presencePortion is about how many bytes of awareness states may be in a peer's queue. A peer that
// asks for all states is sent the next portion when one has been written.
func (r *room) presencePortion() int { return min(256<<10, r.e.cfg().QueueBytes/4) }

// sendAllPresence sends p all awareness states: at once, or in portions if they are many.
func (r *room) sendAllPresence(p *Peer, c outbound.Class) {
	if r.presence.Size() > r.presencePortion() {
		p.pendingAnswer().Presence = true
		r.answerPending(p)
		return
	}
	r.presence.SendAll(&p.presence, func(m protocol.Message) { p.sendMessage(c, m) })
}

// makePresence adds the first portion of the awareness states in p's pending answer, and leaves the
// others pending.
func (r *room) makePresence(p *Peer, pending *outbound.Pending, add func(*outbound.Message)) {
	clients := pending.Clients
	if pending.Presence {
		clients = r.presence.Clients()
		r.presence.SendTombstones(&p.presence, func(m protocol.Message) {
			add(outbound.Encode(outbound.Answer, p.proto, m))
		})
	}
	limit := r.presencePortion()
	clients = r.presence.SendSome(&p.presence, clients, limit, func(m protocol.Message) int {
		encoded := outbound.Encode(outbound.Answer, p.proto, m)
		add(encoded)
		return len(encoded.Wire)
	})
	if len(clients) > 0 {
		p.pendingAnswer().Clients = clients
	}
}
