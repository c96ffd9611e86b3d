package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Room returns the key of the peer's room.
func (p *Peer) Room() roomkey.Key { return p.room.key }

// Identity returns the user behind the peer.
func (p *Peer) Identity() Identity {
	p.room.mu.Lock()
	defer p.room.mu.Unlock()
	return p.identity
}

// Queued returns how many messages wait to be written to the peer's client, and the bytes that wait
// or are being written. It takes no room's lock.
func (p *Peer) Queued() (messages, bytes int) { return p.queue.Waiting() }

// Become gives a peer another session of the same user, or the rights that its session has by now.
// It may be called from any goroutine, and does not wait for the room's lock. The peer is notified
// when it may write from now on, or may not any more; others are not.
func (p *Peer) Become(identity Identity) { p.room.runLocked(func() { p.become(identity) }) }

// become is called with room.mu held.
func (p *Peer) become(identity Identity) {
	r := p.room
	turned, was := p.identity.ReadOnly != identity.ReadOnly, p.identity.Credential
	if now := identity.rights(); now != p.identity.rights() && !p.left() {
		r.e.cfg().Events.Publish(events.Event{
			Kind: events.AccessChanged, Room: r.name, User: p.identity.ID,
			Connection: p.connectionID(), Reason: p.identity.rights() + " → " + now,
		})
	}
	p.identity.ReadOnly, p.identity.Credential = identity.ReadOnly, identity.Credential
	p.identity.Admin = identity.Admin
	if !p.left() {
		r.restrict(p, identity.PublishedOnly)
		r.record.SessionChanged(identity.access(), was)
	}
	if turned && !r.discards(p) {
		p.notify(protocol.Info, writeNotice(identity))
		r.sendAccess(p)
		r.retryRefused(time.Now())
	}
}

// rights returns the name of what an identity may do in its room.
func (i Identity) rights() string {
	switch {
	case i.ReadOnly:
		return "view"
	case i.Admin:
		return "admin"
	}
	return "edit"
}

func writeNotice(identity Identity) string {
	if identity.ReadOnly {
		return "you may only read from now on"
	}
	return "you may write from now on"
}

// Switch changes the protocol of a peer, and starts its session anew. It is called by the goroutine
// that calls Deliver.
func (p *Peer) Switch(proto protocol.Protocol) {
	r := p.room
	var ended error
	defer r.guard(&ended)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.discards(p) || p.proto == proto {
		return
	}
	r.presence.Withdraw(&p.presence, time.Now())
	r.e.metrics.left(p.proto)
	r.e.metrics.joined(proto)
	p.proto, p.updates, p.unacked, p.lost, p.own, p.welcomed = proto, 0, 0, 0, 0, false
	if p.pending != nil {
		p.pending.Reset()
	}
	r.startSession(p)
	r.reschedule()
}
