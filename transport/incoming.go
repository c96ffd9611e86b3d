package transport

import (
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

// incoming is a message that is being received and takes more memory than unreserved. It
// lives until the message has been dealt with. conn.reading guards it but for what says otherwise.
type incoming struct {
	conn *conn
	reservation
	began  time.Duration // Server.clock when it began; later by what it had to wait
	waits  bool          // for its reservation
	asked  time.Duration // Server.clock when that began
	lateAt atomic.Int64  // Server.clock from which it has come too slowly, or waited too long
}

// shortRead is how much is read at first of what comes, in bytes.
const shortRead = 4 << 10

// unreserved is how many bytes of a message any connection may hold without a reservation.
const unreserved = 2 * shortRead

var (
	errSlow    = &engine.CloseError{Code: closeTooSlow, Reason: "message sent too slowly", ErrorCode: codec.CodeMessageTimeout}
	errCrowded = &engine.CloseError{Code: engine.CloseUnavailable, Reason: "too many long messages at once, try again", ErrorCode: codec.CodeInternal}
)

// expect reserves what the message that has begun may take, or pauses the connection until
// there is room for it; reading is held.
func (c *conn) expect() {
	held, most := c.frames.Extent(c.server.cfg.FrameBytes)
	m := c.incoming.Load()
	if m == nil {
		if most <= unreserved {
			return
		}
		m = &incoming{conn: c, began: c.now()}
		c.incoming.Store(m)
	}
	if c.closing.Load() { // nothing of it will be dealt with
		c.deafen()
		return
	}
	m.come(held)
	if !c.server.budget.reserve(m, most) {
		m.waits, m.asked = true, c.now()
		m.lateAt.Store(int64(m.asked + c.server.cfg.IdleTimeout))
		c.heard.Store(int64(m.asked)) // by then it is the wait that has been too long, not the silence
		c.paused = true
		c.link.unwatch()
		if c.closing.Load() { // who closes from here on finds it in the queue
			c.release()
		}
	}
}

func (c *conn) now() time.Duration { return time.Duration(c.server.clock.Load()) }

// come notes how many bytes of the message have come, and so by when there must be more.
func (m *incoming) come(bytes int) {
	cfg := &m.conn.server.cfg
	m.lateAt.Store(int64(m.began + cfg.MessageTimeout + time.Duration(float64(bytes)/float64(cfg.MessageBytesPerSecond)*float64(time.Second))))
}

// granted goes on with a message whose reservation had to wait.
func (c *conn) granted(m *incoming) {
	c.reading.Lock()
	if c.incoming.Load() == m {
		m.waits = false
		m.began += c.now() - m.asked
		c.heard.Store(c.server.clock.Load())
	}
	c.reading.Unlock()
	c.resume()
}

// settled releases what the message before took, if it has been dealt with; reading is held.
func (c *conn) settled() {
	m := c.incoming.Load()
	if m == nil {
		return
	}
	if _, most := c.frames.Extent(c.server.cfg.FrameBytes); most > unreserved {
		return // it was a control frame within the message
	}
	if c.kept != nil {
		m.lateAt.Store(never)
		return
	}
	c.forgo()
}

// forgo gives back what is reserved for the connection; reading is held.
func (c *conn) forgo() {
	if m := c.incoming.Swap(nil); m != nil {
		c.server.budget.release(m)
	}
}

// late says whether a message comes too slowly, or has waited too long.
func (c *conn) late(now time.Duration) bool {
	m := c.incoming.Load()
	return m != nil && now >= time.Duration(m.lateAt.Load())
}

// endLate closes a connection that late is true of. What still comes of the message is dropped.
func (c *conn) endLate(now time.Duration) {
	c.reading.Lock()
	defer c.reading.Unlock()
	if !c.late(now) || c.phase != open {
		return
	}
	why := errSlow
	if m := c.incoming.Load(); m.waits {
		if why = errCrowded; !c.server.budget.giveUp(m) {
			return // it need not wait any more
		}
	}
	c.server.counters.late.Inc()
	c.logClosed(why)
	c.Close(why)
	c.deafen()
	if c.paused {
		c.paused = false
		c.link.watch()
	}
}
