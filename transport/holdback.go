package transport

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/limit"
)

// holdBack returns the time by which the close of a client in its room is held back; reading is
// held.
func (c *conn) holdBack(why *engine.CloseError) time.Duration {
	room := c.firstRoom()
	if room == "" || !mayRecur(why.Code) {
		return 0
	}
	client := limit.Client{Room: room, User: c.counted.User(), IP: c.address()}
	return c.server.repeats.Closing(client, limit.FreeCloses)
}

// mayRecur reports whether a client that is closed for this reason may come back at once and cause
// the same close.
func mayRecur(why engine.CloseCode) bool {
	switch why {
	case engine.CloseInvalidUpdate, closeOtherProtocol,
		closeTooLarge, closeProtocolError, closeInvalidText:
		return true
	}
	return false
}

// holdRefusal holds back the close of a client that is refused, if it has been refused before, and
// sends it the reason now. It returns false if the client is to be closed at once. A connection
// whose close is held back counts against no limit but Config.HeldRefusals.
func (c *conn) holdRefusal(r joinRequest, why *engine.CloseError) bool {
	repeats := c.server.repeats
	if why == errLeft || why.ErrorCode == protocol.CodeRestarting {
		return false
	}
	wait := repeats.Closing(r.client(c.address()), limit.FreeRefusals)
	if wait == 0 || !repeats.TakeRefusal() {
		return false
	}
	if !c.becomeRefused() {
		repeats.ReleaseRefusal()
		return false
	}
	c.closeLater(why, wait)
	for _, m := range why.LastWords() {
		c.send(m)
	}
	return true
}

// becomeRefused takes the connection out of the counts of connections. It returns false if the
// connection has ended. From now on only control frames of the client are processed.
func (c *conn) becomeRefused() bool {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.phase == over {
		return false
	}
	c.server.connLimits.Release(c.counted)
	c.counted = limit.Slot{}
	c.refused = true
	if c.session != nil {
		c.session.expires.Store(never)
	}
	return true
}

// closeLater makes the sweep close the connection after wait.
func (c *conn) closeLater(why *engine.CloseError, wait time.Duration) {
	c.heldBack.Store(&heldClose{why, c.server.repeats.Now() + wait})
	c.server.repeats.HeldBack()
	if c.server.repeats.Stopped() { // too late for closeHeldBack to find it
		c.closeHeld()
	}
}

// closeHeld executes a close that was held back. The client was sent the reason before. It never
// blocks, and sets the close code before it returns.
func (c *conn) closeHeld() {
	why := c.heldBack.Load().why
	go c.finishHeld(why, c.startClosingFor(why))
}

// finishHeld writes the close frame, unless another close was first, and takes the client out of
// its room.
func (c *conn) finishHeld(why *engine.CloseError, first bool) {
	code := c.server.closeCode(why)
	if first && c.writeFinal(closeFrame(code, why.Reason)) {
		c.server.counters.closed(code)
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	c.leaveRooms()
}

// closeWithNotice sends a client in its room the reason for which its connection will be closed
// after wait; reading is held.
func (c *conn) closeWithNotice(why *engine.CloseError, wait time.Duration) {
	c.closesLater = true
	c.logClosed(why)
	c.closeLater(why, wait)
	messages := why.LastWords()
	go func() {
		for _, m := range messages {
			c.send(m)
		}
	}()
}

// stopReading leaves all input of the client in the kernel, until its connection is closed for a
// violation of the framing; reading is held.
func (c *conn) stopReading() {
	c.frames = websocket.Reader{}
	c.releaseReservation()
	c.phase, c.paused = discarding, true
	c.sock.Unwatch()
	c.stopped.Store(true)
	if c.closing.Load() { // a close that begins later finds stopped set
		c.release()
	}
}

// discardStopped ends stopReading: the input that waits is read, and dropped.
func (c *conn) discardStopped() {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.phase == discarding {
		c.paused = false
		c.discardInput()
		c.sock.Watch()
	}
}

// refuseFrames closes the connection of a client that violates the framing, now or later; reading
// is held.
func (c *conn) refuseFrames(why *engine.CloseError) {
	if c.refused {
		c.closeHeld()
		c.discardInput()
		return
	}
	if wait := c.holdBack(why); wait > 0 && !c.closing.Load() {
		c.stopReading()
		c.closeWithNotice(why, wait)
		return
	}
	if c.startClosingFor(why) {
		c.logClosed(why)
		go c.sendClose(why)
	}
	c.discardInput()
}
