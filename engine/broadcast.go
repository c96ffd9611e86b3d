package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/outbound"
)

// audience selects the peers that a broadcast is for.
type audience uint8

const (
	everybody audience = iota
	natives            // peers of native protocols, which have rooms and users
	others             // peers of the other protocols
)

func (a audience) has(p *Peer) bool {
	return p.welcomed && (a == everybody || p.proto.Native() == (a == natives))
}

// broadcast sends m to all peers of an audience, encoded once per protocol. It borrows m's body,
// except that of an Update.
func (r *room) broadcast(c outbound.Class, m protocol.Message, to audience) {
	r.lastSent = time.Now()
	var encoded outbound.PerProtocol[*outbound.Message]
	for _, p := range r.peers {
		if to.has(p) {
			p.send(encoded.For(p.proto, func() *outbound.Message {
				return outbound.Encode(c, p.proto, m)
			}))
		}
	}
}

// publish sends a flushed update to all peers except one, in parts that fit each protocol's
// messages.
func (r *room) publish(update []byte, version uint64, from string, but *Peer) {
	r.lastSent = time.Now()
	var encoded outbound.PerProtocol[[]*outbound.Message]
	for _, p := range r.peers {
		if p == but || !p.welcomed {
			continue
		}
		parts := encoded.For(p.proto, func() []*outbound.Message {
			return outbound.EncodeUpdate(p.proto, update, version, from)
		})
		for _, part := range parts {
			p.send(part)
		}
	}
}

// keepAliveDue returns when keepAlive is next due; zero without peers.
func (r *room) keepAliveDue() time.Time {
	if len(r.peers) == 0 {
		return time.Time{}
	}
	return r.lastSent.Add(r.e.cfg().KeepAlive)
}

// keepAlive sends an awareness update without entries. A y-websocket client closes a connection on
// which it has received nothing for 30 s, and WebSocket pings do not count.
func (r *room) keepAlive() {
	m := protocol.Message{Kind: protocol.Awareness, Body: yjs.AppendAwarenessHeader(nil, 0)}
	r.broadcast(outbound.Presence, m, others)
}

// notify sends a notice to all peers whose protocol has a form for it; mu is held.
func (r *room) notify(level, text string) {
	m := protocol.Message{Kind: protocol.Notice, Code: level, Text: text}
	r.broadcast(outbound.Notice, m, natives)
}

// sendAccess notifies p whether it may write, if its protocol has a form for that; room.mu is held.
func (r *room) sendAccess(p *Peer) {
	p.sendMessage(outbound.Notice, protocol.Message{
		Kind: protocol.Access, Room: &protocol.Room{ReadOnly: r.checkWriter(p) != nil},
	})
}

// sendAllAccess notifies all peers whether they may write.
func (r *room) sendAllAccess() {
	for _, p := range r.peers {
		if p.welcomed {
			r.sendAccess(p)
		}
	}
}
