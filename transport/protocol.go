package transport

import (
	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
)

// protocols are what clients may speak.
var protocols = [...]protocol.Protocol{protocol.JSON{}, protocol.MsgPack{}, protocol.YWebsocket{}}

// What is spoken when nothing was agreed upon.
var (
	textProtocol   = &protocols[0]
	binaryProtocol = &protocols[2]
)

func protocolNamed(name string) *protocol.Protocol {
	for i := range protocols {
		if protocols[i].Name() == name {
			return &protocols[i]
		}
	}
	return nil
}

// speaks is the connection's protocol; y-websocket's until one is agreed upon.
func (c *conn) speaks() protocol.Protocol {
	if p := c.protocol.Load(); p != nil {
		return *p
	}
	return *binaryProtocol
}

// settleProtocol is called with the first message of a client that was silent.
func (c *conn) settleProtocol(op websocket.Opcode) {
	c.protocolGuessed = false
	if op == websocket.OpBinary {
		c.protocol.Store(binaryProtocol)
		c.session.peer.Switch(*binaryProtocol)
	}
}

// appendFrames is m as whole frames of the connection's protocol, nothing if that has no form for it.
func (c *conn) appendFrames(frames [][]byte, m protocol.Message) [][]byte {
	p := c.speaks()
	buf := p.Append(make([]byte, websocket.MaxHeader), m)
	if len(buf) == websocket.MaxHeader {
		return frames
	}
	return append(frames, websocket.WrapMessage(buf, p.Text()))
}

// send sends a message of the transport's own.
func (c *conn) send(m protocol.Message) {
	if frames := c.appendFrames(nil, m); len(frames) > 0 {
		_ = c.Write(frames, nil)
	}
}
