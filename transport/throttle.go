package transport

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

// limited is what limits keep for a connection.
type limited struct {
	// The read goroutine's.
	place  place
	bucket bucket
	warned bool // in this episode

	brake atomic.Pointer[brake] // nil until the connection is throttled for the first time
}

// brake is what a connection that has been throttled needs on top.
type brake struct {
	since    time.Duration // when throttling began; idle when it has ended
	timer    *time.Timer
	released chan struct{} // closed when the connection has ended
	release  func()        // closes it; may be called twice
}

// pause waits for d, or until the connection ends.
func (b *brake) pause(d time.Duration) {
	if b.timer == nil {
		b.timer = time.NewTimer(d)
	} else {
		b.timer.Reset(d)
	}
	select {
	case <-b.timer.C:
	case <-b.released:
		b.timer.Stop()
	}
}

// release ends a pause and all that would follow. It may be called from any goroutine.
func (c *conn) release() {
	if b := c.brake.Load(); b != nil {
		b.release()
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

// charge takes a token for a frame before anything is decoded, waiting for one if
// there is none: the client's further frames wait in the kernel, and then in its
// own. It returns false when the frame is to be dropped, as the connection ends.
// It is the read goroutine's to call.
func (c *conn) charge() bool {
	if c.server.cfg.Unlimited || c.closing.Load() {
		return !c.closing.Load()
	}
	l := c.server.limits
	r, now := l.rate(c.speaks()), l.now()
	c.settle(c.bucket.share(r, now))
	if wait := c.bucket.wait(r, now); wait > 0 && !c.throttle(wait, now) {
		return false
	}
	c.bucket.take(r, now)
	if !c.warned && c.bucket.share(r, now) >= warnAt {
		c.warned = true
		l.warned.Inc()
		c.warn("Rate limit approaching")
	}
	return true
}

// rate is that of a protocol.
func (l *limits) rate(p codec.Protocol) rate {
	if p.Native() {
		return l.native
	}
	return l.yjs
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

// throttle waits, and returns false when the connection has ended.
func (c *conn) throttle(wait, now time.Duration) bool {
	b, l := c.slow(), c.server.limits
	if b.since == idle {
		b.since = now
	}
	if now-b.since >= c.server.cfg.RatePatience {
		c.expel(errRate)
		return false
	}
	l.throttled.Inc()
	if !c.closing.Load() { // who closes from here on sees the brake
		l.pause(b, wait)
	}
	return !c.closing.Load()
}

// slow returns the connection's brake. It is logged when it is made: once.
func (c *conn) slow() *brake {
	b := c.brake.Load()
	if b == nil {
		b = &brake{since: idle, released: make(chan struct{})}
		b.release = sync.OnceFunc(func() { close(b.released) })
		c.brake.Store(b)
		c.server.log.Warn("rate limit exceeded: throttling", slog.String("remote", c.remote()),
			slog.String("client", c.place.client()), slog.String("user", c.place.user))
	}
	return b
}

// client is the address that limits count, empty when there is none.
func (p place) client() string {
	if !p.ip.IsValid() {
		return ""
	}
	return p.ip.String()
}

// warn tells the client something, if its protocol can.
func (c *conn) warn(text string) {
	c.tell(codec.Message{Kind: codec.Notice, Code: codec.Warning, Text: text})
}
