package transport

import (
	"bytes"
	"errors"
	"math"

	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

// open begins to process the client's input.
func (c *conn) open() {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.phase = open
	c.readRest()
}

// readRest processes all bytes that have come already, and then watches the socket; reading is
// held.
func (c *conn) readRest() {
	b := c.rest
	c.rest = nil
	c.tryRead(b)
	if !c.paused && c.phase != over {
		c.sock.Watch()
	}
}

func (c *conn) tryRead(b []byte) {
	defer c.rescue()
	c.read(b, false)
}

// skipFactor bounds messages that are dropped while they come, at so many times Config.FrameBytes.
// As the connection is not closed for such a message, the client does not come back at once to send
// it again.
const skipFactor = 16

// read processes frames until the connection is paused, and keeps the rest. If b is only lent, it
// keeps a copy.
func (c *conn) read(b []byte, lent bool) {
	for c.phase == open {
		f, rest, ok, err := c.frames.NextWithin(b, c.longest())
		if err != nil {
			c.malformed(err)
			return
		}
		if !ok {
			c.reserveMessage()
			return
		}
		if f.Op == websocket.OpText || f.Op == websocket.OpBinary {
			c.receivedMessages.Add(1)
		}
		if c.charge(f) {
			c.dispatch(f, lent)
		}
		c.releaseIfProcessed()
		if b = rest; c.paused {
			if c.rest = b; lent {
				c.rest = bytes.Clone(b)
			}
			c.sock.Unwatch()
			return
		}
	}
}

// longest returns the length of the longest message that is processed, and of the longest that is
// dropped. All messages of a client that was refused are dropped.
func (c *conn) longest() websocket.Limits {
	if c.refused {
		return websocket.Limits{Skip: math.MaxInt, Compression: c.compression}
	}
	bytes := c.server.cfg().FrameBytes
	return websocket.Limits{
		Message: bytes, Skip: skipFactor * bytes, Compression: c.compression,
	}
}

// longMessage is the length from which on a message is processed by a goroutine of the connection's
// own, as the other connections of the poller would have to wait.
const longMessage = 64 << 10

// dispatch processes a frame, or pauses until a goroutine has processed it. shared is set if the
// caller reads other connections, too, and must not wait for a room. A long frame came in pieces,
// and so has memory of its own.
func (c *conn) dispatch(f websocket.Frame, shared bool) {
	if len(f.Payload) >= longMessage {
		c.offload(deferredFrame{Frame: f})
		return
	}
	c.processFrame(f, shared)
}

// offload pauses until a goroutine of the connection's own has processed a frame. If the connection
// is paused already, for a fresh token, the end of that pause processes the frame.
func (c *conn) offload(k deferredFrame) {
	k.charged, c.deferred = true, &k
	if !c.paused {
		c.paused = true
		go c.resume()
	}
}

// processFrame processes a frame; reading is held.
func (c *conn) processFrame(f websocket.Frame, shared bool) {
	switch f.Op {
	case websocket.OpPing:
		c.answerPing(f.Payload)
	case websocket.OpPong:
	case websocket.OpClose:
		c.receiveClose(f.Payload)
	case websocket.OpTooLong:
		c.reportSkipped()
	default:
		if f.Compressed {
			c.deliverCompressed(f, shared)
			return
		}
		c.deliverMessage(f, shared)
	}
}

// resume ends a pause, if there is one.
func (c *conn) resume() {
	c.reading.Lock()
	defer c.reading.Unlock()
	if !c.paused {
		return
	}
	c.paused = false
	if k := c.deferred; k != nil {
		if c.deferred = nil; !k.charged {
			c.pay()
		}
		c.tryProcess(k)
		c.releaseIfProcessed()
	}
	if !c.paused {
		c.readRest()
	}
}

func (c *conn) tryProcess(k *deferredFrame) {
	defer c.rescue()
	if k.undelivered != nil {
		k.session.deliverRest(k.undelivered)
		return
	}
	if k.inflated > 0 {
		c.inflateReserved(k)
		return
	}
	c.processFrame(k.Frame, false)
}

// closeForError closes the connection for an error of the engine or the client, now or later;
// reading is held.
func (c *conn) closeForError(err error) {
	switch {
	case c.closesLater:
		return
	case c.refused:
		c.closeHeld()
		return
	}
	why := &engine.CloseError{Code: engine.CloseInternal, Reason: "internal error", Err: err}
	errors.As(err, &why)
	if why.Code == engine.CloseInvalidUpdate {
		c.noteInvalid(c.whole())
	}
	if wait := c.holdBack(why); wait > 0 {
		c.closeWithNotice(why, wait)
		return
	}
	c.logClosed(why)
	c.closeNow(why)
	c.leaveRooms()
}
