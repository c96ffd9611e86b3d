package transport

import (
	"bytes"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

// settleProtocol chooses the protocol of a client that was silent, by the opcode of its first
// message.
func (c *conn) settleProtocol(op websocket.Opcode) {
	c.protocolGuessed = false
	if op == websocket.OpBinary {
		c.protocol.Store(binaryProtocol)
		c.session.peer().Switch(*binaryProtocol)
	}
}

// deliverMessage delivers a message to its session's room; reading is held. Messages that come
// after the server has begun to close are dropped. shared is explained at dispatch.
func (c *conn) deliverMessage(f websocket.Frame, shared bool) {
	if c.documents != nil {
		c.server.input.receive(c, f, shared)
		return
	}
	s := c.session
	if s.peer() == nil || c.closing.Load() {
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
		payload = nil // not a message of the protocol: invalid, as an empty payload is
	}
	left, err := s.deliver(payload, shared)
	if err != nil {
		c.closeForError(err)
	} else if left != nil {
		left.Own()
		c.offload(deferredFrame{session: s, undelivered: left})
	}
}

// deliverRest delivers the rest of a message that had to wait for the room.
func (s *session) deliverRest(left *engine.Undelivered) {
	if s.peer() == nil || s.conn.closing.Load() {
		return
	}
	if err := s.peer().DeliverRest(left); err != nil {
		s.conn.closeForError(err)
	}
}

// deliver delivers a message. If shared is set, the caller must not wait for the room: the rest
// that has to wait is returned.
func (s *session) deliver(payload []byte, shared bool) (left *engine.Undelivered, err error) {
	switch {
	case shared:
		return s.peer().TryDeliver(payload)
	case len(payload) < longMessage:
		return nil, s.peer().Deliver(payload)
	}
	return nil, s.conn.deliverLong(s.peer(), payload)
}

// deliverLong delivers a long message when there is a slot for it. If it has to wait for the room's
// lock, it gives the slot back first.
func (c *conn) deliverLong(p peer, payload []byte) error {
	left, err := c.deliverInSlot(p, payload)
	if err != nil || left == nil {
		return err
	}
	return p.DeliverRest(left)
}

func (c *conn) deliverInSlot(p peer, payload []byte) (left *engine.Undelivered, err error) {
	c.server.longMessages.Acquire()
	defer c.server.longMessages.Release()
	return p.TryDeliver(payload)
}

// reportSkipped tells the client that a message was too long and has been dropped.
func (c *conn) reportSkipped() {
	if c.refused {
		return
	}
	c.server.counters.skipped.Inc()
	if c.documents != nil {
		c.server.input.skipped(c)
		return
	}
	if c.session.peer() != nil && !c.closing.Load() {
		c.session.peer().TooLong()
	}
}

// errOtherProtocol refuses a client of another protocol over binary frames, such as Hocuspocus,
// which would wait in vain for an answer that it understands.
var errOtherProtocol = &engine.CloseError{
	Code: closeOtherProtocol, ErrorCode: protocol.CodeInvalidMessage,
	Reason: "not y-websocket, which is spoken unless " +
		protocols[0].Name() + " or " + protocols[1].Name() + " is offered",
}

// checkFirst returns errOtherProtocol if the first message of a client of y-websocket is no message
// of that protocol. Clients of the other protocols are answered whatever they send. reading is
// held.
func (c *conn) checkFirst(f websocket.Frame) error {
	if c.ywebsocketSeen || c.speaks().Native() {
		return nil
	}
	if f.Op == websocket.OpText || !isYWebsocket(f.Payload) {
		return c.server.otherThanYWebsocket(f)
	}
	c.ywebsocketSeen = true
	return nil
}

// isYWebsocket reports whether a payload consists of messages of y-websocket of known types. A
// message of Hocuspocus begins with the name of a document, which may look like such a message at
// first.
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

// otherThanYWebsocket returns why a client is closed whose first message is none of y-websocket.
func (s *services) otherThanYWebsocket(f websocket.Frame) *engine.CloseError {
	path := s.cfg().documentPath()
	if path == "" || f.Op == websocket.OpText || !protocol.IsHocuspocus(f.Payload) {
		return errOtherProtocol
	}
	return &engine.CloseError{Code: closeOtherProtocol,
		ErrorCode: protocol.CodeInvalidMessage,
		Reason:    "not y-websocket: Hocuspocus is spoken at " + path}
}

// misplaced returns why, the reason for refusing a client without a token or a room; or, if its
// first message has come and is one of Hocuspocus, that this is another path: its token and the
// name of its document are in its messages, and it would look for them in vain.
func (c *conn) misplaced(why *engine.CloseError) *engine.CloseError {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.speaks().Native() {
		return why
	}
	var r websocket.Reader
	for b := bytes.Clone(c.rest); ; {
		f, rest, ok, err := r.Next(b, len(b))
		switch {
		case !ok || err != nil:
			return why
		case f.Op == websocket.OpPing || f.Op == websocket.OpPong:
			b = rest
		case isYWebsocket(f.Payload) || !protocol.IsHocuspocus(f.Payload):
			return why
		default:
			return c.server.otherThanYWebsocket(f)
		}
	}
}

// otherThanHocuspocus returns why a client is closed whose first message is none of Hocuspocus, or
// that names another protocol.
func (s *services) otherThanHocuspocus() *engine.CloseError {
	return &engine.CloseError{Code: closeOtherProtocol,
		ErrorCode: protocol.CodeInvalidMessage,
		Reason:    "not Hocuspocus: other protocols are spoken at " + s.cfg().Path + "/records/ID"}
}
