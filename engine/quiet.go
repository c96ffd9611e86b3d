package engine

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
)

// A y-websocket client drops a connection on which it was sent nothing for 30 s,
// and WebSocket pings do not count. So a room in which nothing happens says so:
// an awareness message that names nobody.

// quietDue is when the room must say something, zero if nobody listens.
func (r *room) quietDue() time.Time {
	if len(r.peers) == 0 {
		return time.Time{}
	}
	return r.told.Add(r.e.cfg.KeepAlive)
}

// murmur says nothing, to everyone.
func (r *room) murmur() {
	r.broadcast(fleeting, protocol.Message{Kind: protocol.Awareness, Body: yjs.AppendAwarenessHeader(nil, 0)}, others, nil)
}
