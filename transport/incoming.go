package transport

import (
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// unreserved is how many bytes of a message each connection may hold without a reservation.
const unreserved = 2 * netpoll.FirstRead

var (
	errSlow = &engine.CloseError{Code: closeTooSlow,
		Reason: "message sent too slowly", ErrorCode: protocol.CodeMessageTimeout}
	errNoMemory = &engine.CloseError{Code: engine.CloseUnavailable,
		Reason: "too many long messages at once, try again", ErrorCode: protocol.CodeInternal}
)

// reserveMessage reserves the memory that the message being received may take, or pauses the
// connection until it is granted; reading is held.
func (c *conn) reserveMessage() {
	held, most := c.frames.Buffered(c.server.cfg().FrameBytes)
	if most <= unreserved && c.incoming.Load() == nil {
		return
	}
	m := c.addIncoming()
	if c.closing.Load() { // the message will not be processed
		c.discardInput()
		return
	}
	m.setDeadline(held)
	if !c.server.budget.Reserve(&m.reservation, most) {
		c.waitForMemory(m)
	}
}

// addIncoming returns the connection's incoming message, after making one if there is none; reading
// is held.
func (c *conn) addIncoming() *incoming {
	m := c.incoming.Load()
	if m == nil {
		m = &incoming{conn: c, began: c.now()}
		m.reservation.Granted = func() { go c.resumeReserved(m) }
		c.incoming.Store(m)
	}
	return m
}

// waitForMemory pauses a connection whose message waits for memory; reading is held.
func (c *conn) waitForMemory(m *incoming) {
	m.waits, m.asked = true, c.now()
	m.lateAt.Store(int64(m.asked + c.server.cfg().IdleTimeout))
	c.received.Store(int64(m.asked)) // so that IdleTimeout begins with the wait
	c.paused = true
	c.sock.Unwatch()
	if c.closing.Load() { // a close that begins later finds it in the queue
		c.release()
	}
}

// setDeadline sets the time by which more of the message must have come, if so many bytes have.
func (m *incoming) setDeadline(bytes int) {
	cfg := m.conn.server.cfg()
	seconds := float64(bytes) / float64(cfg.MessageBytesPerSecond)
	forBytes := time.Duration(seconds * float64(time.Second))
	m.lateAt.Store(int64(m.began + cfg.MessageTimeout + forBytes))
}

// resumeReserved resumes a connection whose message had to wait for memory.
func (c *conn) resumeReserved(m *incoming) {
	c.reading.Lock()
	if c.incoming.Load() == m {
		m.waits = false
		m.began += c.now() - m.asked
		c.received.Store(c.server.clock.Load())
	}
	c.reading.Unlock()
	c.resume()
}

// releaseIfProcessed releases the memory of the last message if the message has been processed;
// reading is held.
func (c *conn) releaseIfProcessed() {
	m := c.incoming.Load()
	if m == nil {
		return
	}
	if _, most := c.frames.Buffered(c.server.cfg().FrameBytes); most > unreserved {
		return // that was a control frame between parts of the message
	}
	if c.deferred != nil {
		if !m.waits {
			m.lateAt.Store(never)
		}
		return
	}
	c.releaseReservation()
}

// releaseReservation releases all memory that is reserved for the connection; reading is held.
func (c *conn) releaseReservation() {
	if m := c.incoming.Swap(nil); m != nil {
		c.server.budget.Release(&m.reservation)
	}
}

// messageLate reports whether a message comes too slowly, or has waited too long for memory.
func (c *conn) messageLate(now time.Duration) bool {
	m := c.incoming.Load()
	return m != nil && now >= time.Duration(m.lateAt.Load())
}

// closeLate closes a connection whose message is late. The rest of the message is dropped.
func (c *conn) closeLate(now time.Duration) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if !c.messageLate(now) || c.phase != open {
		return
	}
	why := errSlow
	if m := c.incoming.Load(); m.waits {
		if why = errNoMemory; !c.server.budget.Cancel(&m.reservation) {
			return // it has been granted meanwhile
		}
	}
	c.server.counters.late.Inc()
	c.logClosed(why)
	c.Close(why)
	c.discardInput()
	if c.paused {
		c.paused = false
		c.sock.Watch()
	}
}
