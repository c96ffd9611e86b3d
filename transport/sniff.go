package transport

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/websocket"
)

// maxSniff is how many bytes of pings and pongs are skipped in the search for the first message.
const maxSniff = 4 << 10

// begin makes a client join. If the client has named no protocol that is known, its first message
// decides about the protocol before. A client that sends none gets the JSON protocol, in which a
// client may wait for the room first; if it sends binary frames later, deliverMessage switches.
//
// A client of y-websocket that were taken for silent would get text, and throw. It sends its first
// message as soon as it is connected; when that is, depends on the network and on how busy the
// client is. So the client is sent a ping, and its silence counts from the pong. Most WebSocket
// libraries send the pong after the first message, but browsers answer pings while the page is
// busy.
func (c *conn) begin(r joinRequest) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.protocol.Load() != nil {
		c.phase = joining
		go c.serve(r)
		return
	}
	c.sniff = &sniff{request: r, timer: time.AfterFunc(c.server.cfg().HandshakeTimeout, c.silence)}
	if len(c.rest) == 0 {
		go c.ping()
	}
	if c.sniffProtocol(); c.phase == sniffing {
		c.sock.Watch()
	}
}

// sniffProtocol looks for the first message in the bytes that have come; reading is held.
func (c *conn) sniffProtocol() {
	op, ponged := firstOpcode(c.rest)
	switch {
	case op != 0 || len(c.rest) > maxSniff:
		c.setProtocol(op)
	case ponged && !c.sniff.ponged:
		c.sniff.ponged = true
		c.sniff.timer.Reset(c.server.cfg().SniffTimeout)
	}
}

// silence is called when the client has been silent for too long.
func (c *conn) silence() {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.phase == sniffing {
		c.assumeSilent()
	}
}

// assumeSilent takes the client for a silent one, unless bytes of it wait to be read because the
// server is busy; reading is held.
func (c *conn) assumeSilent() {
	if c.sock.Unread() {
		c.sniff.timer.Reset(recheckUnreadAfter)
		return
	}
	c.setProtocol(0)
}

// recheckUnreadAfter is the time after which assumeSilent is called again if bytes were unread.
const recheckUnreadAfter = 10 * time.Millisecond

// setProtocol chooses the protocol by the opcode of the first message, 0 if there is none, and
// makes the client join.
func (c *conn) setProtocol(op websocket.Opcode) {
	switch op {
	case websocket.OpBinary:
		c.protocol.Store(binaryProtocol)
	case websocket.OpText:
		c.protocol.Store(textProtocol)
	default:
		c.protocol.Store(textProtocol)
		c.protocolGuessed = true
	}
	c.phase = joining
	c.sock.Unwatch()
	c.sniff.timer.Stop()
	r := c.sniff.request
	c.sniff = nil
	go c.serve(r)
}

// firstOpcode returns the opcode of the first frame that is not a ping or pong, 0 if there is none
// yet, and whether a pong came before it.
func firstOpcode(b []byte) (op websocket.Opcode, ponged bool) {
	for {
		op, size := controlFrame(b)
		if size == 0 {
			return op, ponged
		}
		ponged = ponged || op == websocket.OpPong
		b = b[size:]
	}
}

// controlFrame returns the opcode of the first frame of b and, for a ping or a pong, its size; 0
// and 0 while too few bytes have come.
func controlFrame(b []byte) (op websocket.Opcode, size int) {
	const opcode, length, header = 0x0f, 0x7f, 2 + 4
	if len(b) == 0 {
		return 0, 0
	}
	if op = websocket.Opcode(b[0] & opcode); op != websocket.OpPing && op != websocket.OpPong {
		return max(op, websocket.OpText), 0 // a stray continuation is refused later
	}
	if len(b) < 2 || len(b) < header+int(b[1]&length) {
		return 0, 0
	}
	return op, header + int(b[1]&length)
}
