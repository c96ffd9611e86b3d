package transport

import (
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec"
)

// protocols are what clients may speak.
var protocols = [...]codec.Protocol{codec.JSON{}, codec.MsgPack{}, codec.YWebsocket{}}

// What is spoken when nothing was agreed upon.
var (
	textProtocol   = &protocols[0]
	binaryProtocol = &protocols[2]
)

func protocolNamed(name string) *codec.Protocol {
	for i := range protocols {
		if protocols[i].Name() == name {
			return &protocols[i]
		}
	}
	return nil
}

// speaks is the connection's protocol; y-websocket's until one is agreed upon.
func (c *conn) speaks() codec.Protocol {
	if p := c.protocol.Load(); p != nil {
		return *p
	}
	return *binaryProtocol
}

// agree finds out what a client speaks that has named no protocol we know: its
// first frame tells. One that sends nothing for a while is waiting for the room,
// as a client of the JSON protocol may; if it sends binary after all, receive
// lets it switch.
func (c *conn) agree() {
	if c.protocol.Load() != nil {
		return
	}
	c.peek()
	switch c.firstOpcode() {
	case gws.OpcodeBinary:
		c.protocol.Store(binaryProtocol)
	case gws.OpcodeText:
		c.protocol.Store(textProtocol)
	default:
		c.protocol.Store(textProtocol)
		c.unsure = true
	}
}

// peek waits for the first bytes of the first frame.
func (c *conn) peek() {
	if len(c.early) > 0 {
		return
	}
	buf := make([]byte, 64)
	_ = c.tcp.SetReadDeadline(time.Now().Add(c.server.cfg.SniffTimeout))
	n, _ := c.tcp.Read(buf) // an error is met again by the next read
	c.early = buf[:n]
	_ = c.tcp.SetReadDeadline(time.Time{})
	if c.closing.Load() { // it had a deadline of its own
		_ = c.tcp.SetDeadline(time.Now().Add(c.server.cfg.CloseTimeout))
	}
}

func (c *conn) firstOpcode() gws.Opcode {
	const mask = 0x0f
	if len(c.early) == 0 {
		return gws.OpcodePing // or anything that is no data
	}
	return gws.Opcode(c.early[0] & mask)
}

// settleProtocol is called with the first message of a client that was silent.
func (c *conn) settleProtocol(op gws.Opcode) {
	c.unsure = false
	if op == gws.OpcodeBinary {
		c.protocol.Store(binaryProtocol)
		c.peer.Switch(*binaryProtocol)
	}
}

// framed is m as whole frames of the connection's protocol, nothing if that has no form for it.
func (c *conn) framed(frames [][]byte, m codec.Message) [][]byte {
	p := c.speaks()
	buf := p.Append(make([]byte, codec.MaxFrameHeader), m)
	if len(buf) == codec.MaxFrameHeader {
		return frames
	}
	return append(frames, codec.WrapMessage(buf, p.Text()))
}

// tell sends a message of the transport's own.
func (c *conn) tell(m codec.Message) {
	if frames := c.framed(nil, m); len(frames) > 0 {
		_ = c.Write(frames)
	}
}
