package load

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/lxzan/gws"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/yjs"
	"github.com/civicpress/civic-realtime/engine/ydoc"
)

// client is one connection. It implements gws.Event.
type client struct {
	fleet  *Fleet
	room   int
	seat   int
	guest  bool   // does not decode updates
	id     uint64 // in Yjs and in awareness
	name   string // of the room
	proto  protocol.Protocol
	socket *gws.Conn

	joined chan struct{} // closed when the server has answered or the connection has ended
	once   sync.Once
	left   atomic.Bool // on purpose
	wire   counter     // bytes received from the network

	mu       sync.Mutex // guards the fields below
	message  protocol.Message
	got      []spans   // per writer of the room
	received int       // bytes of updates
	keeps    *ydoc.Doc // the received updates; nil for most clients
	clock    uint64    // in awareness
	state    []byte    // in awareness
	err      error     // the first that occurred
}

func (c *client) writes() bool { return c.seat < c.fleet.shape.Writers }

// writer returns the client's number among all writers.
func (c *client) writer() int { return c.room*c.fleet.shape.Writers + c.seat }

func (c *client) fail(err error) {
	if c.err == nil {
		c.err = fmt.Errorf("client %d of %s: %w", c.seat, c.name, err)
	}
	c.once.Do(func() { close(c.joined) })
}

// send encodes m and writes it.
func (c *client) send(m protocol.Message) error {
	return c.socket.WriteMessage(c.opcode(), c.proto.Append(nil, m))
}

func (c *client) opcode() gws.Opcode {
	if c.proto.Text() {
		return gws.OpcodeText
	}
	return gws.OpcodeBinary
}

// hello sends the first messages of a client. To those of our own protocols the server sends the
// document unasked.
func (c *client) hello() error {
	if c.fleet.target.Mute {
		return errors.Join(c.socket.WritePing(nil), c.sendAwareness())
	}
	if token := c.fleet.target.Token; token != "" {
		if err := c.send(protocol.Message{Kind: protocol.Auth, Body: []byte(token)}); err != nil {
			return err
		}
	}
	if c.proto.Native() {
		return c.sendAwareness()
	}
	return errors.Join(c.requestAll(), c.sendAwareness())
}

// requestAll requests the whole document: its state vector is empty.
func (c *client) requestAll() error {
	return c.send(protocol.Message{Kind: protocol.SyncRequest, Body: []byte{0}})
}

// sendAwareness sends the client's awareness state, with its cursor.
func (c *client) sendAwareness() error {
	c.mu.Lock()
	c.clock++
	body := yjs.AppendAwarenessHeader(nil, 1)
	entry := yjs.AwarenessEntry{Client: c.id, Clock: c.clock, State: c.state}
	body = yjs.AppendAwarenessEntry(body, entry)
	c.mu.Unlock()
	return c.send(protocol.Message{Kind: protocol.Awareness, Body: body})
}

// move sets the cursor behind the character with a clock, in the form of y-prosemirror.
func (c *client) move(clock uint64) error {
	c.mu.Lock()
	c.state = cursor(c.state[:0], c.id, clock)
	c.mu.Unlock()
	return c.sendAwareness()
}

func cursor(dst []byte, id, clock uint64) []byte {
	const at = `{"type":null,"tname":"text","item":{"client":%d,"clock":%d},"assoc":0}`
	position := fmt.Sprintf(at, id, clock)
	const state = `{"user":{"name":"Person %d","color":"#30bced"},"cursor":{"anchor":%s,"head":%s}}`
	return fmt.Appendf(dst, state, id, position, position)
}

// OnOpen implements gws.Event.
func (c *client) OnOpen(*gws.Conn) {}

// OnPing implements gws.Event.
func (c *client) OnPing(socket *gws.Conn, payload []byte) { _ = socket.WritePong(payload) }

// OnPong implements gws.Event. From a Mute server it is the only sign that the client is in its
// room.
func (c *client) OnPong(*gws.Conn, []byte) { c.once.Do(func() { close(c.joined) }) }

// OnClose implements gws.Event.
func (c *client) OnClose(_ *gws.Conn, err error) {
	if c.left.Load() {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fail(fmt.Errorf("connection closed: %w", err))
	c.fleet.stop()
}

// OnMessage implements gws.Event.
func (c *client) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	payload := m.Bytes()
	c.fleet.frames.Add(1)
	c.fleet.bytes.Add(uint64(len(payload)))
	if c.guest && c.proto.Native() { // whose decoders read what clients send
		c.received += len(payload)
		c.once.Do(func() { close(c.joined) })
		return
	}
	for len(payload) > 0 {
		rest, err := c.proto.Next(payload, &c.message)
		if err == nil {
			err = c.handle(&c.message, now)
		}
		if err != nil {
			c.fail(err)
			return
		}
		payload = rest
	}
}
