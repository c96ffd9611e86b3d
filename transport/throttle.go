package transport

import (
	"bytes"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/codec/websocket"
	"github.com/civicpress/civic-realtime/engine"
)

// pauseFor resumes the connection after d, or when it closes. The caller has paused it.
func (c *conn) pauseFor(d time.Duration) {
	c.throttling.Load().timer.Reset(d)
	if c.closing.Load() { // a close that begins later finds the timer set
		c.release()
	}
}

// release ends a pause in which the connection waits for a token, for memory, or for its close. It
// is called when the connection closes, from any goroutine.
func (c *conn) release() {
	if t := c.throttling.Load(); t != nil && t.timer.Stop() {
		go c.resume()
	}
	if m := c.incoming.Load(); m != nil && c.server.budget.Cancel(&m.reservation) {
		go c.resume()
	}
	if c.stopped.Swap(false) {
		go c.discardStopped()
	}
}

// Parts of the burst that is used up. Above warnAbove a connection is warned, and it may be warned
// again after it has been below warnEndsBelow. It counts as throttled without a break until it is
// below throttleEndsBelow. Both ends are so low that a timer that fires late does not reach them.
const (
	warnAbove         = 0.8
	warnEndsBelow     = 0.5
	throttleEndsBelow = 0.9
)

var errRate = &engine.CloseError{Code: engine.CloseRateLimited, Reason: "rate limit exceeded"}

// charge takes a token for a frame before the frame is decoded, and reports whether to process it.
// If there is no token, the frame is kept and the connection paused: further input waits in the
// kernel, and in the client when that is full. Frames that come after the close are dropped.
func (c *conn) charge(f websocket.Frame) bool {
	if f.Op == websocket.OpPong || f.Op == websocket.OpClose {
		return true
	}
	if c.server.cfg().Unlimited || c.closing.Load() {
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

// pay takes a token, in advance if there is none.
func (c *conn) pay() {
	r, now := c.server.rate(c.speaks()), c.server.rateClock()
	c.bucket.Take(r, now)
	if !c.warned && c.bucket.Used(r, now) >= warnAbove {
		c.warned = true
		c.server.counters.rateWarned.Inc()
		go c.sendWarning("Rate limit approaching")
	}
}

// Charge takes tokens for the messages of a frame after the first; reading is held.
func (c *conn) Charge(messages int) {
	if c.server.cfg().Unlimited {
		return
	}
	for range messages {
		c.pay()
	}
}

// endEpisodes ends a warning and throttling when used, the part of the burst that is used up, is
// small enough.
func (c *conn) endEpisodes(used float64) {
	if used <= warnEndsBelow {
		c.warned = false
	}
	if t := c.throttling.Load(); t != nil && used <= throttleEndsBelow {
		t.since.Store(idle)
	}
}

// throttle keeps f and pauses the connection, or closes it if it has been throttled for too long.
func (c *conn) throttle(f websocket.Frame, wait, now time.Duration) {
	t := c.throttled()
	t.since.CompareAndSwap(idle, int64(now))
	if now-time.Duration(t.since.Load()) >= c.server.cfg().RatePatience {
		c.closeForError(errRate)
		return
	}
	c.server.counters.throttled.Inc()
	if len(f.Payload) < longMessage { // a long one has memory of its own
		f.Payload = bytes.Clone(f.Payload)
	}
	c.deferred, c.paused = &deferredFrame{Frame: f}, true
	c.server.pause(c, wait)
}

// throttled returns the state of a throttled connection. The first time it makes the state, and
// logs that the connection is throttled.
func (c *conn) throttled() *throttleState {
	t := c.throttling.Load()
	if t == nil {
		t = &throttleState{timer: time.AfterFunc(never, c.resume)}
		t.timer.Stop()
		t.since.Store(idle)
		c.throttling.Store(t)
		c.logThrottled()
	}
	return t
}

// sendWarning sends a warning, if the protocol has such a message.
func (c *conn) sendWarning(text string) {
	c.send(protocol.Message{Kind: protocol.Notice, Code: protocol.Warning, Text: text})
}
