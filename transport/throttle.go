package transport

import (
	"bytes"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"

	"github.com/civicpress/civic-realtime/transport/limit"
)

// limited is what limits keep for a connection; conn.reading guards it.
type limited struct {
	place  limit.Slot
	bucket limit.Bucket
	warned bool // in this episode

	brake atomic.Pointer[brake] // nil until the connection is throttled for the first time
}

// brake is what a connection that has been throttled needs on top.
type brake struct {
	since time.Duration // when throttling began; idle when it has ended; conn.reading guards it
	timer *time.Timer   // resumes the connection; set while it is paused for want of a token
}

// pauseFor resumes the connection in d, or when it ends.
func (c *conn) pauseFor(d time.Duration) {
	c.brake.Load().timer.Reset(d)
	if c.closing.Load() { // who closes from here on finds the timer set
		c.release()
	}
}

// release ends a pause for want of a token or of room for a message, or until the connection
// is closed, and all that would follow. It may be called from any goroutine.
func (c *conn) release() {
	if b := c.brake.Load(); b != nil && b.timer.Stop() {
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
	warnAt  = 0.8
	calmAt  = 0.5
	breakAt = 0.9
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
	c.settle(c.bucket.Used(r, now))
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
	if !c.warned && c.bucket.Used(r, now) >= warnAt {
		c.warned = true
		c.server.counters.rateWarned.Inc()
		go c.warn("Rate limit approaching")
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

// rate is that of a protocol.
func (s *Server) rate(p protocol.Protocol) limit.Rate {
	if p.Native() {
		return s.nativeRate
	}
	return s.yjsRate
}

// settle ends episodes, when so much of the burst is used up as used says.
func (c *conn) settle(used float64) {
	if used <= calmAt {
		c.warned = false
	}
	if b := c.brake.Load(); b != nil && used <= breakAt {
		b.since = idle
	}
}

// throttle keeps f and pauses, unless that has gone on for too long.
func (c *conn) throttle(f websocket.Frame, wait, now time.Duration) {
	b := c.slow()
	if b.since == idle {
		b.since = now
	}
	if now-b.since >= c.server.cfg.RatePatience {
		c.expel(errRate)
		return
	}
	c.server.counters.throttled.Inc()
	if len(f.Payload) < longMessage { // else it is in memory of its own
		f.Payload = bytes.Clone(f.Payload)
	}
	c.kept, c.paused = &kept{Frame: f}, true
	c.server.pause(c, wait)
}

// slow returns the connection's brake. When it is made, it is logged that the connection is throttled.
func (c *conn) slow() *brake {
	b := c.brake.Load()
	if b == nil {
		b = &brake{since: idle, timer: time.AfterFunc(never, c.resume)}
		b.timer.Stop()
		c.brake.Store(b)
		c.logThrottled()
	}
	return b
}

// warn tells the client something, if its protocol can.
func (c *conn) warn(text string) {
	c.tell(protocol.Message{Kind: protocol.Notice, Code: protocol.Warning, Text: text})
}
