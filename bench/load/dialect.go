package load

import (
	"crypto/tls"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/protocol"
)

// Target is a server and its dialect.
type Target struct {
	Addr string      // host:port
	TLS  *tls.Config // of clients; nil: without TLS
	// Place returns the address for a client by its room and its seat there. Nil: Addr for all.
	Place func(room string, seat int) string
	Dialect
}

// Dialect is the protocol of a kind of server.
type Dialect struct {
	// Path returns the path of a room's URL.
	Path func(room string) string
	// Protocol returns the protocol of a room's frames.
	Protocol func(room string) protocol.Protocol
	// Offer is the WebSocket subprotocol to ask for, if any.
	Offer string
	// Token is sent first, if there is one.
	Token string
	// Compress offers permessage-deflate.
	Compress bool
	// Mute is set for servers that only pass messages on: they answer and store nothing.
	Mute bool
}

func always(p protocol.Protocol) func(string) protocol.Protocol {
	return func(string) protocol.Protocol { return p }
}

func under(path string) func(string) string {
	return func(room string) string { return path + room }
}

// Ours returns the dialect of civic-realtime with protocol p. The protocol is offered as a
// subprotocol: on a busy machine a first frame may come so late that the server assumes JSON.
func Ours(p protocol.Protocol) Dialect {
	return Dialect{Path: under("/realtime/records/"), Protocol: always(p), Offer: p.Name()}
}

// YWebsocketServer returns the dialect of the server that comes with the npm package y-websocket 2.
func YWebsocketServer() Dialect {
	return Dialect{Path: under("/"), Protocol: always(protocol.YWebsocket{})}
}

// Relay returns the dialect of package relay.
func Relay() Dialect {
	d := YWebsocketServer()
	d.Mute = true
	return d
}

// HocuspocusServer returns the dialect of the npm package @hocuspocus/server.
func HocuspocusServer() Dialect {
	return Dialect{
		Path:     func(string) string { return "/" },
		Protocol: func(room string) protocol.Protocol { return hocuspocus{room: room} },
		Token:    "anybody",
	}
}

// OurHocuspocus returns the dialect of civic-realtime for clients of Hocuspocus.
func OurHocuspocus() Dialect {
	d := HocuspocusServer()
	d.Path = func(string) string { return "/hocuspocus" }
	return d
}

// hocuspocus is y-websocket's protocol, which it embeds, with the room's name before each message,
// and with more kinds of messages.
type hocuspocus struct {
	protocol.YWebsocket
	room string
}

const (
	hocusSync      = 0
	hocusAwareness = 1
	hocusAuth      = 2
	hocusReply     = 4 // a sync message again
)

// Next skips messages that y-websocket's protocol does not have: receipts and the answer to the
// token.
func (p hocuspocus) Next(payload []byte, m *protocol.Message) (rest []byte, err error) {
	r := lib0.NewReader(payload)
	r.String()
	if r.Err() != nil || r.Len() == 0 {
		return payload, protocol.ErrMessage
	}
	body := payload[r.Offset():]
	switch body[0] {
	case hocusReply:
		body[0] = hocusSync
	case hocusSync, hocusAwareness:
	default:
		*m = protocol.Message{}
		return nil, nil
	}
	return p.YWebsocket.Next(body, m)
}

func (p hocuspocus) Append(dst []byte, m protocol.Message) []byte {
	dst = lib0.AppendString(dst, p.room)
	if m.Kind == protocol.Auth {
		return lib0.AppendBytes(append(dst, hocusAuth, 0), m.Body)
	}
	return p.YWebsocket.Append(dst, m)
}
