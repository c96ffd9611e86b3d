package transport

import (
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

// errOtherProtocol refuses a client of another protocol over binary frames, such as Hocuspocus', which would otherwise
// wait for an answer that it understands.
var errOtherProtocol = &engine.CloseError{Code: closeOtherProtocol, ErrorCode: protocol.CodeInvalidMessage,
	Reason: "not y-websocket, which is spoken unless " + protocols[0].Name() + " or " + protocols[1].Name() + " is offered"}

// checkFirst returns errOtherProtocol for the first message of a client that is taken for one of y-websocket and is none.
// Clients of the other protocols are answered whatever they send. reading is held.
func (c *conn) checkFirst(f websocket.Frame) error {
	if c.ywebsocketSeen || c.speaks().Native() {
		return nil
	}
	if f.Op == websocket.OpText || !isYWebsocket(f.Payload) {
		return errOtherProtocol
	}
	c.ywebsocketSeen = true
	return nil
}

// isYWebsocket says whether a payload is messages of y-websocket, all of which are known: names of documents, with which
// the messages of Hocuspocus begin, may look like one at first.
func isYWebsocket(payload []byte) bool {
	var m protocol.Message
	for more := true; more; more = len(payload) > 0 {
		rest, err := protocol.YWebsocket{}.Next(payload, &m)
		if err != nil || m.Kind == protocol.Unknown {
			return false
		}
		payload = rest
	}
	return true
}
