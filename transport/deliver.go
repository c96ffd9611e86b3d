package transport

import (
	"bytes"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

// settleProtocol is called with the first message of a client that was silent.
func (c *conn) settleProtocol(op websocket.Opcode) {
	c.protocolGuessed = false
	if op == websocket.OpBinary {
		c.protocol.Store(binaryProtocol)
		c.session.peer.Switch(*binaryProtocol)
	}
}

// deliverMessage gives a message to the room. What comes after a close frame of ours is dropped.
func (c *conn) deliverMessage(f websocket.Frame, shared bool) {
	if c.session.peer == nil || c.closing.Load() {
		return
	}
	if c.protocolGuessed && shared {
		c.offload(deferredFrame{Frame: websocket.Frame{Op: f.Op, Payload: bytes.Clone(f.Payload)}})
		return
	}
	if c.protocolGuessed {
		c.settleProtocol(f.Op)
	}
	if err := c.checkFirst(f); err != nil {
		c.closeForError(err)
		return
	}
	payload := f.Payload
	if c.speaks().Text() != (f.Op == websocket.OpText) {
		payload = nil // no message of the protocol, whatever it holds; and neither is an empty payload
	}
	left, err := c.deliver(payload, shared)
	if err != nil {
		c.closeForError(err)
	} else if left != nil {
		left.Own()
		c.offload(deferredFrame{undelivered: left})
	}
}

// deliverRest gives the room what has waited for it.
func (c *conn) deliverRest(left *engine.Undelivered) {
	if c.session.peer == nil || c.closing.Load() {
		return
	}
	if err := c.session.peer.DeliverRest(left); err != nil {
		c.closeForError(err)
	}
}

// deliver returns what has to wait for the room, if the caller cannot.
func (c *conn) deliver(payload []byte, shared bool) (left *engine.Undelivered, err error) {
	switch {
	case shared:
		return c.session.peer.TryDeliver(payload)
	case len(payload) < longMessage:
		return nil, c.session.peer.Deliver(payload)
	}
	return nil, c.deliverLong(payload)
}

// reportSkipped has the client told that a message of its was too long.
func (c *conn) reportSkipped() {
	if c.refused {
		return
	}
	c.server.counters.skipped.Inc()
	if c.session.peer != nil && !c.closing.Load() {
		c.session.peer.TooLong()
	}
}

// deliverLong gives a long message to the room, in its turn among the long ones. What has
// to wait for the room's lock waits out of turn. reading is held.
func (c *conn) deliverLong(payload []byte) error {
	left, err := c.deliverInTurn(payload)
	if err != nil || left == nil {
		return err
	}
	return c.session.peer.DeliverRest(left)
}

func (c *conn) deliverInTurn(payload []byte) (left *engine.Undelivered, err error) {
	c.server.longMessages.Acquire()
	defer c.server.longMessages.Release()
	return c.session.peer.TryDeliver(payload)
}

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
