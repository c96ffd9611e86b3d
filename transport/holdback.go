package transport

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"

	"github.com/civicpress/civic-realtime/transport/limit"
)

// holdBack returns for how long closing the connection of a peer is to be held back; reading is held.
func (c *conn) holdBack(why *engine.CloseError) time.Duration {
	if c.session.peer == nil || !mayRecur(why.Code) {
		return 0
	}
	return c.server.repeats.Closing(limit.Client{Room: c.session.peer.Room().String(), User: c.counted.User(), IP: c.address()}, limit.FreeCloses)
}

// mayRecur says whether a client that is closed for why may come back at once and do the same.
func mayRecur(why engine.CloseCode) bool {
	switch why {
	case engine.CloseInvalidUpdate, closeTooLarge, closeOtherProtocol, closeProtocolError, closeInvalidText:
		return true
	}
	return false
}

// holdRefusal holds back that the client is refused, if it has been refused before, and tells it why. It returns false
// when the client is to be closed at once. A connection that is held back counts against no limit but
// Config.HeldRefusals.
func (c *conn) holdRefusal(v visit, why *engine.CloseError) bool {
	r := c.server.repeats
	if why == errLeft || why.ErrorCode == protocol.CodeRestarting {
		return false
	}
	wait := r.Closing(v.client(c.address()), limit.FreeRefusals)
	if wait == 0 || !r.TakeRefusal() {
		return false
	}
	if !c.becomeRefused() {
		r.ReleaseRefusal()
		return false
	}
	c.closeLater(why, wait)
	for _, m := range why.LastWords() {
		c.send(m)
	}
	return true
}

// becomeRefused gives the connection's place back, unless it has ended. From then on only control frames of the client
// are dealt with.
func (c *conn) becomeRefused() bool {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.phase == over {
		return false
	}
	c.server.connLimits.Release(c.counted)
	c.counted = limit.Slot{}
	c.refused = true
	c.session.expires.Store(never)
	return true
}

// closeLater has the connection closed after a while.
func (c *conn) closeLater(why *engine.CloseError, wait time.Duration) {
	c.heldBack.Store(&heldClose{why, c.server.repeats.Due(wait)})
	if c.server.repeats.Stopped() { // too late for letGo to find it
		go c.closeHeld()
	}
}

// closeHeld closes a connection whose close is held back, without a word but the close frame's.
func (c *conn) closeHeld() {
	why := c.heldBack.Load().why
	code := c.server.closeCode(why)
	if c.startClosing(code) && c.writeFinal(closeFrame(code, why.Reason)) {
		c.server.counters.closed(code)
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	c.session.leave()
}

// closeWithNotice tells a peer why its connection is to be closed, which happens after a while; reading is held.
func (c *conn) closeWithNotice(why *engine.CloseError, wait time.Duration) {
	c.closesLater = true
	c.logClosed(why)
	c.closeLater(why, wait)
	words := why.LastWords()
	go func() {
		for _, m := range words {
			c.send(m)
		}
	}()
}

// stopReading leaves in the kernel what a client sends that is to be closed for its frames, until
// that happens; reading is held.
func (c *conn) stopReading() {
	c.frames = websocket.Reader{}
	c.releaseReservation()
	c.phase, c.paused = discarding, true
	c.sock.Unwatch()
	c.stopped.Store(true)
	if c.closing.Load() { // who closes from here on finds it stopped
		c.release()
	}
}

// readOn ends that: what has come is read, and dropped.
func (c *conn) readOn() {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.phase == discarding {
		c.paused = false
		c.discardInput()
		c.sock.Watch()
	}
}

// refuseFrames closes the connection of a client whose frames are wrong, or does so later; reading is held.
func (c *conn) refuseFrames(why *engine.CloseError) {
	if c.refused {
		go c.closeHeld()
		c.discardInput()
		return
	}
	if wait := c.holdBack(why); wait > 0 && !c.closing.Load() {
		c.stopReading()
		c.closeWithNotice(why, wait)
		return
	}
	if c.startClosing(c.server.closeCode(why)) {
		c.logClosed(why)
		go c.sendClose(why)
	}
	c.discardInput()
}

// errLeft is the reason for which a client is refused that goes before it is in its room.
var errLeft = &engine.CloseError{Code: closeGoingAway, Reason: "client has left"}
