package transport

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/websocket"
)

// maxSniff is how many bytes of pings and pongs are looked through for the first message.
const maxSniff = 4 << 10

// begin lets a client join, or first finds out the protocol of one that has named none that is
// known: its first message decides. A client that sends none waits for the room, as one of the JSON
// protocol may; if it sends binary frames after all, deliverMessage switches.
//
// A client of y-websocket that is taken for a silent one is sent text, and throws. It sends its
// first message as soon as it is connected; how soon that is depends on the network and on how busy
// the client is. So the client is sent a ping, and silence counts from its pong. Most WebSocket
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
	c.sniff = &sniff{request: r, timer: time.AfterFunc(c.server.cfg.HandshakeTimeout, c.silence)}
	if len(c.rest) == 0 {
		go c.ping()
	}
	if c.sniffProtocol(); c.phase == sniffing {
		c.sock.Watch()
	}
}

// sniffProtocol looks for the first message among the bytes that have come; reading is held.
func (c *conn) sniffProtocol() {
	op, ponged := firstOpcode(c.rest)
	switch {
	case op != 0 || len(c.rest) > maxSniff:
		c.setProtocol(op)
	case ponged && !c.sniff.ponged:
		c.sniff.ponged = true
		c.sniff.timer.Reset(c.server.cfg.SniffTimeout)
	}
}

// silence is called when the client has sent nothing for too long.
func (c *conn) silence() {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.phase == sniffing {
		c.assumeSilent()
	}
}

// assumeSilent decides that the client is silent, unless something has come that is not read yet,
// as the server is busy; reading is held.
func (c *conn) assumeSilent() {
	if c.sock.Unread() {
		c.sniff.timer.Reset(recheckUnreadAfter)
		return
	}
	c.setProtocol(0)
}

// recheckUnreadAfter is how long something may stay unread before silence is looked at again.
const recheckUnreadAfter = 10 * time.Millisecond

// setProtocol chooses the protocol by the opcode of the first message, 0 if there is none, and lets
// the client join.
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

// firstOpcode returns the opcode of the first frame that is no ping or pong, 0 if there is none
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

// controlFrame looks at the first frame of b. It returns the opcode and, for a ping or a pong, the
// size; neither while too little has come.
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
