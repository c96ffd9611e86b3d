package transport

import (
	"bytes"
	"errors"
	"math"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

// open begins to deal with what the client sends.
func (c *conn) open() {
	c.reading.Lock()
	defer c.reading.Unlock()
	c.phase = open
	c.goOn()
}

// goOn deals with what has come already, then with what comes; reading is held.
func (c *conn) goOn() {
	b := c.rest
	c.rest = nil
	c.tryRead(b)
	if !c.paused && c.phase != gone {
		c.link.watch()
	}
}

func (c *conn) tryRead(b []byte) {
	defer c.rescue()
	c.read(b, false)
}

// skipFactor is how many times Config.FrameBytes a message may have that is too long and is
// dropped as it comes. To close its connection instead would have most clients come back at once
// and send it again.
const skipFactor = 16

// read deals with frames until it is paused, and keeps the rest: a copy if b is lent.
func (c *conn) read(b []byte, lent bool) {
	for c.phase == open {
		limit, skip := c.longest()
		f, rest, ok, err := c.frames.NextOrSkip(b, limit, skip)
		if err != nil {
			c.malformed(err)
			return
		}
		if !ok {
			c.expect()
			return
		}
		if c.charge(f) {
			c.dealOrLeave(f, lent)
		}
		c.settled()
		if b = rest; c.paused {
			if c.rest = b; lent {
				c.rest = bytes.Clone(b)
			}
			c.link.unwatch()
			return
		}
	}
}

// longest returns how long a message may be that is dealt with, and one that is dropped. Those of a client that was
// refused are all dropped.
func (c *conn) longest() (limit, skip int) {
	if c.refused {
		return 0, math.MaxInt
	}
	return c.server.cfg.FrameBytes, skipFactor * c.server.cfg.FrameBytes
}

// longMessage is the length of what a goroutine of the connection's own deals with, as
// all whom the poller reads would wait for that.
const longMessage = 64 << 10

// dealOrLeave deals with a frame, or pauses until that is done elsewhere. shared says
// that the caller reads other connections too, and must not wait for a room. A long frame
// came in pieces, and so is in memory of its own.
func (c *conn) dealOrLeave(f codec.Frame, shared bool) {
	if len(f.Payload) >= longMessage {
		c.setApart(kept{Frame: f})
		return
	}
	c.deal(f, shared)
}

// setApart pauses until a goroutine of the connection's own has dealt with k. A pause
// that is there already, for a fresh token, ends in the same way.
func (c *conn) setApart(k kept) {
	k.paid, c.kept = true, &k
	if !c.paused {
		c.paused = true
		go c.resume()
	}
}

// deal deals with a frame.
func (c *conn) deal(f codec.Frame, shared bool) {
	switch f.Op {
	case codec.OpPing:
		c.answerPing(f.Payload)
	case codec.OpPong:
	case codec.OpClose:
		c.closedBy(f.Payload)
	case codec.OpTooLong:
		c.skipped()
	default:
		c.receive(f, shared)
	}
}

// receive gives a message to the room. What comes after a close frame of ours is dropped.
func (c *conn) receive(f codec.Frame, shared bool) {
	if c.peer == nil || c.closing.Load() {
		return
	}
	if c.unsure && shared {
		c.setApart(kept{Frame: codec.Frame{Op: f.Op, Payload: bytes.Clone(f.Payload)}})
		return
	}
	if c.unsure {
		c.settleProtocol(f.Op)
	}
	if err := c.checkFirst(f); err != nil {
		c.expel(err)
		return
	}
	payload := f.Payload
	if c.speaks().Text() != (f.Op == codec.OpText) {
		payload = nil // no message of the protocol, whatever it holds; and neither is an empty payload
	}
	left, err := c.deliver(payload, shared)
	if err != nil {
		c.expel(err)
	} else if left != nil {
		left.Own()
		c.setApart(kept{left: left})
	}
}

// receiveRest gives the room what has waited for it.
func (c *conn) receiveRest(left *engine.Undelivered) {
	if c.peer == nil || c.closing.Load() {
		return
	}
	if err := c.peer.DeliverRest(left); err != nil {
		c.expel(err)
	}
}

// deliver returns what has to wait for the room, if the caller cannot.
func (c *conn) deliver(payload []byte, shared bool) (left *engine.Undelivered, err error) {
	switch {
	case shared:
		return c.peer.TryDeliver(payload)
	case len(payload) < longMessage:
		return nil, c.peer.Deliver(payload)
	}
	return nil, c.deliverLong(payload)
}

// skipped has the client told that a message of its was too long.
func (c *conn) skipped() {
	if c.refused {
		return
	}
	c.server.counters.skipped.Inc()
	if c.peer != nil && !c.closing.Load() {
		c.peer.TooLong()
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
	if k := c.kept; k != nil {
		if c.kept = nil; !k.paid {
			c.pay()
		}
		c.tryDeal(k)
		c.settled()
	}
	if !c.paused {
		c.goOn()
	}
}

func (c *conn) tryDeal(k *kept) {
	defer c.rescue()
	if k.left != nil {
		c.receiveRest(k.left)
		return
	}
	c.deal(k.Frame, false)
}

// expel closes the connection of a peer that the engine wants no more of, now or later; reading is held.
func (c *conn) expel(err error) {
	switch {
	case c.doomed:
		return
	case c.refused:
		c.closeHeld()
		return
	}
	why := &engine.CloseError{Code: engine.CloseInternal, Reason: "internal error", Err: err}
	errors.As(err, &why)
	if wait := c.holdBack(why); wait > 0 {
		c.doom(why, wait)
		return
	}
	c.logClosed(why)
	c.closeNow(why)
	c.leave()
}
