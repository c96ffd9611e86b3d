package transport

import (
	"bytes"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

// pauseFor resumes the connection in d, or when it ends.
func (c *conn) pauseFor(d time.Duration) {
	c.throttling.Load().timer.Reset(d)
	if c.closing.Load() { // who closes from here on finds the timer set
		c.release()
	}
}

// release ends a pause for want of a token or of room for a message, or until the connection
// is closed, and all that would follow. It may be called from any goroutine.
func (c *conn) release() {
	if b := c.throttling.Load(); b != nil && b.timer.Stop() {
		go c.resume()
	}
	if m := c.incoming.Load(); m != nil && c.server.budget.Cancel(&m.reservation) {
		go c.resume()
	}
	if c.stopped.Swap(false) {
		go c.readOn()
	}
}

// A connection is warned when so much of its burst is used up. That episode is
// over when half has come back, and that of being throttled when a tenth has: both
// are more than a timer that is late gives back.
const (
	warnAbove         = 0.8
	warnEndsBelow     = 0.5
	throttleEndsBelow = 0.9
)

var errRate = &engine.CloseError{Code: engine.CloseRateLimited, Reason: "rate limit exceeded"}

// charge takes a token for a frame before anything is decoded, and says whether it
// is to be dealt with. If there is no token, the frame is kept and the connection
// paused: the client's further frames wait in the kernel, and then in its own. What
// comes when the connection ends is dropped.
func (c *conn) charge(f websocket.Frame) bool {
	if f.Op == websocket.OpPong || f.Op == websocket.OpClose {
		return true
	}
	if c.server.cfg.Unlimited || c.closing.Load() {
		return !c.closing.Load()
	}
	r, now := c.server.rate(c.speaks()), c.server.rateClock()
	c.endEpisodes(c.bucket.Used(r, now))
	if wait := c.bucket.Wait(r, now); wait > 0 {
		c.throttle(f, wait, now)
		return false
	}
	c.pay()
	return true
}

// pay takes a token, if need be one that is still to come.
func (c *conn) pay() {
	r, now := c.server.rate(c.speaks()), c.server.rateClock()
	c.bucket.Take(r, now)
	if !c.warned && c.bucket.Used(r, now) >= warnAbove {
		c.warned = true
		c.server.counters.rateWarned.Inc()
		go c.sendWarning("Rate limit approaching")
	}
}

// Charge implements engine.Conn; reading is held.
func (c *conn) Charge(messages int) {
	if c.server.cfg.Unlimited {
		return
	}
	for range messages {
		c.pay()
	}
}

// endEpisodes ends episodes, when so much of the burst is used up as used says.
func (c *conn) endEpisodes(used float64) {
	if used <= warnEndsBelow {
		c.warned = false
	}
	if b := c.throttling.Load(); b != nil && used <= throttleEndsBelow {
		b.since = idle
	}
}

// throttle keeps f and pauses, unless that has gone on for too long.
func (c *conn) throttle(f websocket.Frame, wait, now time.Duration) {
	b := c.throttled()
	if b.since == idle {
		b.since = now
	}
	if now-b.since >= c.server.cfg.RatePatience {
		c.closeForError(errRate)
		return
	}
	c.server.counters.throttled.Inc()
	if len(f.Payload) < longMessage { // else it is in memory of its own
		f.Payload = bytes.Clone(f.Payload)
	}
	c.deferred, c.paused = &deferredFrame{Frame: f}, true
	c.server.pause(c, wait)
}

// throttled returns the connection's brake. When it is made, it is logged that the connection is throttled.
func (c *conn) throttled() *throttleState {
	b := c.throttling.Load()
	if b == nil {
		b = &throttleState{since: idle, timer: time.AfterFunc(never, c.resume)}
		b.timer.Stop()
		c.throttling.Store(b)
		c.logThrottled()
	}
	return b
}

// sendWarning tells the client something, if its protocol can.
func (c *conn) sendWarning(text string) {
	c.send(protocol.Message{Kind: protocol.Notice, Code: protocol.Warning, Text: text})
}
