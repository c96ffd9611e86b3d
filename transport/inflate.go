package transport

import (
	"bytes"
	"sync"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/websocket"
)

// inflateBuffers are buffers for messages of up to longMessage bytes, inflated.
var inflateBuffers = sync.Pool{New: func() any { return new([]byte) }}

// deliverCompressed inflates a compressed message and delivers it; reading is held. shared is
// explained at dispatch. A message that is long when it is inflated is inflated on a goroutine of
// the connection's own, after its length has been counted and its memory reserved.
func (c *conn) deliverCompressed(f websocket.Frame, shared bool) {
	if c.closing.Load() {
		return
	}
	buf := inflateBuffers.Get().(*[]byte)
	defer inflateBuffers.Put(buf)
	longest := c.server.cfg().FrameBytes
	content, err := websocket.AppendInflated((*buf)[:0], f.Payload, min(longMessage, longest))
	*buf = content[:0]
	switch {
	case err == nil:
		c.deliverInflated(f.Op, content, shared)
	case err != websocket.ErrTooLarge || longest <= longMessage:
		c.malformed(err)
	case shared:
		f.Payload = bytes.Clone(f.Payload)
		c.offload(deferredFrame{Frame: f})
	default:
		c.inflateLong(f)
	}
}

// deliverInflated delivers the content of a compressed message.
func (c *conn) deliverInflated(op websocket.Opcode, content []byte, shared bool) {
	if op == websocket.OpText && !utf8.Valid(content) {
		c.malformed(websocket.ErrUTF8)
		return
	}
	c.deliverMessage(websocket.Frame{Op: op, Payload: content}, shared)
}

// inflateLong counts the length of a message that is long when it is inflated, charges a message
// for each longMessage bytes of it, and inflates it when it has the memory.
func (c *conn) inflateLong(f websocket.Frame) {
	c.server.longMessages.Acquire()
	n, err := websocket.InflatedLen(f.Payload, c.server.cfg().FrameBytes)
	c.server.longMessages.Release()
	if err != nil {
		c.malformed(err)
		return
	}
	c.Charge(n / longMessage)
	c.inflateReserved(&deferredFrame{Frame: f, charged: true, inflated: n})
}

// inflateReserved inflates and delivers a message whose length is known, or pauses until its memory
// is granted.
func (c *conn) inflateReserved(k *deferredFrame) {
	if c.closing.Load() {
		return
	}
	m := c.addIncoming()
	if !c.server.budget.Reserve(&m.reservation, len(k.Payload)+k.inflated) {
		c.deferred = k
		c.waitForMemory(m)
		return
	}
	c.server.longMessages.Acquire()
	content, err := websocket.AppendInflated(make([]byte, 0, k.inflated+1), k.Payload, k.inflated)
	c.server.longMessages.Release()
	if err != nil {
		c.malformed(err)
		return
	}
	c.deliverInflated(k.Op, content, false)
}

// Compresses implements engine.Compressor.
func (s *session) Compresses() bool { return s.conn.compression }
