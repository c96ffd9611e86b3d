package transport

import (
	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

// errOtherProtocol refuses a client of another protocol over binary frames, such as Hocuspocus', which would otherwise
// wait for an answer that it understands.
var errOtherProtocol = &engine.CloseError{Code: closeOtherProtocol, ErrorCode: codec.CodeInvalidMessage,
	Reason: "not y-websocket, which is spoken unless " + protocols[0].Name() + " or " + protocols[1].Name() + " is offered"}

// checkFirst returns errOtherProtocol for the first message of a client that is taken for one of y-websocket and is none.
// Clients of the other protocols are answered whatever they send. reading is held.
func (c *conn) checkFirst(f codec.Frame) error {
	if c.spoken || c.speaks().Native() {
		return nil
	}
	if f.Op == codec.OpText || !isYWebsocket(f.Payload) {
		return errOtherProtocol
	}
	c.spoken = true
	return nil
}

// isYWebsocket says whether a payload is messages of y-websocket, all of which are known: names of documents, with which
// the messages of Hocuspocus begin, may look like one at first.
func isYWebsocket(payload []byte) bool {
	var m codec.Message
	for more := true; more; more = len(payload) > 0 {
		rest, err := codec.YWebsocket{}.Next(payload, &m)
		if err != nil || m.Kind == codec.Unknown {
			return false
		}
		payload = rest
	}
	return true
}
