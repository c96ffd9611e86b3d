package transport

import (
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

// heldClose is a close that is held back. The sweep sees to it when it is due.
type heldClose struct {
	why *engine.CloseError
	at  time.Duration // since the server started
}

// due says whether the close is to be held back no longer. h may be nil: then there is none.
func (h *heldClose) due(now time.Duration) bool { return h != nil && now >= h.at }

// holdBack returns for how long closing the connection of a peer is to be held back; reading is held.
func (c *conn) holdBack(why *engine.CloseError) time.Duration {
	if c.peer == nil || !mayRepeat(why.Code) {
		return 0
	}
	return c.server.repeats.holdBack(visitor{room: c.peer.Room(), user: c.place.user, ip: c.whence()}, freeCloses)
}

// mayRepeat says whether a client that is closed for why may come back at once and do the same.
func mayRepeat(why engine.CloseCode) bool {
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
	if why == errLeft || why.ErrorCode == codec.CodeRestarting {
		return false
	}
	wait := r.holdBack(refusedVisitor(v, c.whence()), freeRefusals)
	if wait == 0 || !r.holdRefusal() {
		return false
	}
	if !c.becomeRefused() {
		r.releaseRefusal()
		return false
	}
	c.closeLater(why, wait)
	for _, m := range why.LastWords() {
		c.tell(m)
	}
	return true
}

// becomeRefused gives the connection's place back, unless it has ended. From then on only control frames of the client
// are dealt with.
func (c *conn) becomeRefused() bool {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.phase == gone {
		return false
	}
	c.server.limits.leave(c.place)
	c.place = place{}
	c.refused = true
	c.expires.Store(never)
	return true
}

// closeLater has the connection closed after a while.
func (c *conn) closeLater(why *engine.CloseError, wait time.Duration) {
	c.held.Store(&heldClose{why, c.server.repeats.now() + wait})
	c.server.repeats.held.Inc()
	if c.server.repeats.hasEnded() { // too late for letGo to find it
		c.closeHeld()
	}
}

// closeHeld closes a connection whose close is held back, without a word but the close frame's. It never blocks, and who
// closes from here on is too late: why stays what it was.
func (c *conn) closeHeld() {
	why := c.held.Load().why
	go c.sayHeld(why, c.startClosing(c.server.closeCode(why)))
}

func (c *conn) sayHeld(why *engine.CloseError, first bool) {
	code := c.server.closeCode(why)
	if first && c.writeLast(closeFrame(code, why.Reason)) {
		c.server.counters.closed(code)
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	c.leave()
}

// letGo closes all connections whose close is held back. From then on none is.
func (s *Server) letGo() {
	s.repeats.end()
	for slot := range beats {
		s.conns.each(slot, func(c *conn) {
			if c.held.Load() != nil {
				c.closeHeld()
			}
		})
	}
}

// doom tells a peer why its connection is to be closed, which happens after a while; reading is held.
func (c *conn) doom(why *engine.CloseError, wait time.Duration) {
	c.doomed = true
	c.logClosed(why)
	c.closeLater(why, wait)
	words := why.LastWords()
	go func() {
		for _, m := range words {
			c.tell(m)
		}
	}()
}

// stopReading leaves in the kernel what a client sends that is to be closed for its frames, until
// that happens; reading is held.
func (c *conn) stopReading() {
	c.frames = codec.FrameReader{}
	c.forgo()
	c.phase, c.paused = deaf, true
	c.link.unwatch()
	c.stopped.Store(true)
	if c.closing.Load() { // who closes from here on finds it stopped
		c.release()
	}
}

// readOn ends that: what has come is read, and dropped.
func (c *conn) readOn() {
	c.reading.Lock()
	defer c.reading.Unlock()
	if c.phase == deaf {
		c.paused = false
		c.deafen()
		c.link.watch()
	}
}

// refuseFrames closes the connection of a client whose frames are wrong, or does so later; reading is held.
func (c *conn) refuseFrames(why *engine.CloseError) {
	if c.refused {
		c.closeHeld()
		c.deafen()
		return
	}
	if wait := c.holdBack(why); wait > 0 && !c.closing.Load() {
		c.stopReading()
		c.doom(why, wait)
		return
	}
	if c.startClosing(c.server.closeCode(why)) {
		c.logClosed(why)
		go c.sayBye(why)
	}
	c.deafen()
}
