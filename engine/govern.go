package engine

import (
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
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

// Become gives a peer another session of the same user, or the rights that its session has by now.
// It may be called from any goroutine, and does not wait for the room's lock. The peer is notified
// when it may write from now on, or may not any more; others are not.
func (p *Peer) Become(identity Identity) { p.room.runLocked(func() { p.become(identity) }) }

// become is called with room.mu held.
func (p *Peer) become(identity Identity) {
	r := p.room
	turned, was := p.identity.ReadOnly != identity.ReadOnly, p.identity.Credential
	p.identity.ReadOnly, p.identity.Credential = identity.ReadOnly, identity.Credential
	if !p.left() {
		r.restrict(p, identity.PublishedOnly)
		r.record.SessionChanged(identity.access(), was)
	}
	if turned && !r.discards(p) {
		p.notify(protocol.Info, writeNotice(identity))
		r.retryRefused(time.Now())
	}
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
	p.proto, p.unacked, p.welcomed = proto, 0, false
	if p.pending != nil {
		p.pending.Reset()
	}
	r.startSession(p)
	r.reschedule()
}

// Lock makes a room refuse all writing, or accept it again, whether it is loaded or not. A room
// stays locked as long as the process runs.
func (e *Engine) Lock(key roomkey.Key, locked bool) {
	if locked {
		e.locks.Store(key, true)
	} else {
		e.locks.Delete(key)
	}
	if r := e.roomMap.find(key); r != nil {
		r.lock(locked)
	}
}

func (e *Engine) isLocked(key roomkey.Key) bool {
	_, locked := e.locks.Load(key)
	return locked
}

func (r *room) lock(locked bool) {
	<-r.loaded
	r.runLocked(func() { r.setLocked(locked) })
}

// setLocked is called with mu held.
func (r *room) setLocked(locked bool) {
	if r.locked == locked {
		return
	}
	r.locked = locked
	text := "record is locked"
	if !locked {
		text = "record is open again"
	}
	r.e.log.Info(text, slog.String("room", r.name))
	r.notify(protocol.Info, text)
	r.retryRefused(time.Now())
}

// Kick closes a user's connections to a room and returns how many there were. It waits for that
// room's lock.
func (e *Engine) Kick(key roomkey.Key, user string) int {
	r := e.roomMap.find(key)
	if r == nil {
		return 0
	}
	<-r.loaded
	r.mu.Lock()
	defer r.mu.Unlock()
	kicked := 0
	for _, p := range r.peers {
		if p.presence.UserID() == user {
			p.close(errKicked)
			kicked++
		}
	}
	r.e.log.Info("user kicked", slog.String("room", r.name), slog.String("user", user), slog.Int("connections", kicked))
	return kicked
}

var errKicked = &CloseError{Code: CloseForbidden, Reason: "removed from this record", ErrorCode: protocol.CodeKicked}
