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
// first message tells. One that sends none is waiting for the room, as a client
// of the JSON protocol may; if it sends binary after all, receive lets it switch.
//
// A client of y-websocket that is taken for a silent one is sent text, and throws.
// It speaks at once when it is connected; how long that is depends on the network
// and on how busy the client is. So it is pinged, and silence is timed from its
// pong on, which most WebSocket libraries send after what the client says first.
func (c *conn) agree() {
	if c.protocol.Load() != nil {
		return
	}
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

// firstOpcode is that of the first frame that is no ping or pong, or 0 when there
// is none in time. What it reads is kept for gws.
func (c *conn) firstOpcode() gws.Opcode {
	if len(c.early) == 0 {
		c.ping()
	}
	deadline, ponged := time.Now().Add(c.server.cfg.HandshakeTimeout), false
	for at := 0; ; {
		op, size := controlFrame(c.early[at:])
		switch {
		case op == gws.OpcodePong && size > 0 && !ponged:
			deadline, ponged = time.Now().Add(c.server.cfg.SniffTimeout), true
			at += size
		case size > 0:
			at += size
		case op != 0:
			return op
		case !c.peek(deadline):
			return 0
		}
	}
}

// controlFrame looks at the frame that b begins with. A ping or a pong has a size;
// of another frame the opcode is enough. Of a part that does not tell there is neither.
func controlFrame(b []byte) (op gws.Opcode, size int) {
	const opcode, length, header = 0x0f, 0x7f, 2 + 4
	if len(b) == 0 {
		return 0, 0
	}
	if op = gws.Opcode(b[0] & opcode); op != gws.OpcodePing && op != gws.OpcodePong {
		return max(op, gws.OpcodeText), 0 // a stray continuation is for gws to refuse
	}
	if len(b) < 2 || len(b) < header+int(b[1]&length) {
		return 0, 0
	}
	return op, header + int(b[1]&length)
}

// peek reads more of the first frames, and returns false when there is none before the deadline.
func (c *conn) peek(deadline time.Time) bool {
	var buf [64]byte
	_ = c.tcp.SetReadDeadline(deadline)
	n, err := c.tcp.Read(buf[:]) // another error than the deadline is met again by the next read
	c.early = append(c.early, buf[:n]...)
	_ = c.tcp.SetReadDeadline(time.Time{})
	if c.closing.Load() { // it had a deadline of its own
		_ = c.tcp.SetDeadline(time.Now().Add(c.server.cfg.CloseTimeout))
	}
	return err == nil
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
		_ = c.Write(frames, nil)
	}
}
