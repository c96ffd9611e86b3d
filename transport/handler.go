package transport

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// Receive implements netpoll.Handler. Every byte counts as a sign of life, so that a long message
// may take its time.
func (c *conn) Receive(b []byte) (cost int) {
	before := c.frames.Memory()
	c.process(b)
	if after := c.frames.Memory(); after >= before {
		return len(b) + after - before
	}
	return len(b) + before
}

func (c *conn) process(b []byte) {
	defer c.rescue()
	c.received.Store(c.server.clock.Load())
	c.server.counters.received.Add(len(b))
	c.receivedBytes.Add(uint64(len(b)))
	switch c.phase {
	case sniffing:
		c.rest = append(c.rest, b...)
		c.sniffProtocol()
	case open:
		c.read(b, true)
	}
}

// Pending implements netpoll.Handler.
func (c *conn) Pending() int {
	if c.phase == discarding {
		return netpoll.DiscardAll
	}
	return c.frames.Pending()
}

// MayWait implements netpoll.Handler.
func (c *conn) MayWait(now time.Time) time.Duration {
	if c.documents != nil {
		return c.documents.mayWait(now)
	}
	if c.session.peer() == nil {
		return 0
	}
	return c.session.peer().MayWait(now)
}

// Closed implements netpoll.Handler: it ends the connection.
func (c *conn) Closed() {
	defer c.rescue()
	if c.phase == over {
		return
	}
	if c.sniff != nil {
		c.sniff.timer.Stop()
	}
	defer func() { go c.end() }()
	c.phase = over
	c.closing.Store(true)
	c.sock.Unwatch()
	c.sock.Shutdown()
	c.frames = websocket.Reader{}
	c.releaseReservation()
	c.leaveRooms()
}

// HungUp implements netpoll.Handler: the client has closed the connection while it was joining.
func (c *conn) HungUp() {
	if c.hungUp != nil {
		c.hungUp()
	}
}

// Stalled implements netpoll.Handler.
func (c *conn) Stalled() bool { return c.stalledAt(c.now()) }

// WriteWaits implements netpoll.Handler.
func (c *conn) WriteWaits() {
	c.writeWaits.Store(c.server.clock.Load())
	if c.beforeWait != nil {
		c.beforeWait()
	}
}
