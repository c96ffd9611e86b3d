package transport

import (
	"net/netip"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

// A client that is closed for what it has sent may come back at once and send it again, for hours: most versions of
// y-websocket do. So the close is held back, longer each time. Meanwhile the client is told why, is sent what
// others write, and may still take back what it has sent.
const (
	// firstHoldBack is how long the second close of a client is held back; the first is not.
	firstHoldBack = time.Second
	// longestHoldBack is shorter than y-websocket waits for a message before it connects anew.
	longestHoldBack = 25 * time.Second
	// repeatsFor is how long after a close the next one counts as its repetition.
	repeatsFor = 5 * time.Minute
	// maxRepeats is how many clients are remembered. Further ones are closed at once.
	maxRepeats = 10_000
)

// repeats remembers clients that were closed for what they may send again.
type repeats struct {
	now   func() time.Duration        // since the server started; tests set it
	after func(time.Duration, func()) // calls back; tests set it
	held  *metrics.Counter

	mu sync.Mutex // a leaf; guards everything below
	of map[visitor]repeat
}

// visitor is a client, as far as it can be known again.
type visitor struct {
	room, user string
	ip         netip.Addr
}

type repeat struct {
	times int
	last  time.Duration // when it was closed last, or is to be
}

func newRepeats(set *metrics.Set, started time.Time) *repeats {
	return &repeats{
		now:   func() time.Duration { return time.Since(started) },
		after: func(d time.Duration, f func()) { time.AfterFunc(d, f) },
		held:  set.NewCounter("realtime_closes_held_back_total"),
		of:    map[visitor]repeat{},
	}
}

// holdBack notes that v is to be closed, and says how long that is to be held back.
func (r *repeats) holdBack(v visitor) (wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now, last := r.now(), r.of[v]
	if last.times == 0 && len(r.of) >= maxRepeats {
		return 0
	}
	if now-last.last >= repeatsFor {
		last.times = 0
	}
	if last.times > 0 {
		wait = min(firstHoldBack<<min(last.times-1, 8), longestHoldBack)
		r.held.Inc()
	}
	r.of[v] = repeat{last.times + 1, now + wait}
	return wait
}

// sweep forgets those who have not come back.
func (r *repeats) sweep() {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	for v, last := range r.of {
		if now-last.last >= repeatsFor {
			delete(r.of, v)
		}
	}
}

// holdBack says how long closing the connection for why is to be held back; reading is held.
func (c *conn) holdBack(why *engine.CloseError) time.Duration {
	if c.peer == nil || why.Code != engine.CloseInvalidUpdate && why.Code != closeTooLarge {
		return 0
	}
	ip := c.place.ip
	if !ip.IsValid() {
		ip = c.addr
	}
	return c.server.repeats.holdBack(visitor{c.peer.Room(), c.place.user, ip})
}

// closeLater tells the client why it is to be closed, and does that after a while; reading is held.
func (c *conn) closeLater(why *engine.CloseError, wait time.Duration) {
	c.doomed = true
	words := why.LastWords()
	go func() {
		for _, m := range words {
			c.tell(m)
		}
	}()
	c.server.repeats.after(wait, func() { c.closeNow(why) })
}

// closeNow closes the connection without a word but the close frame's.
func (c *conn) closeNow(why *engine.CloseError) {
	if c.startClosing() && c.writeLast(closeFrame(c.server.closeCode(why), why.Reason)) {
		c.server.counters.closed(c.server.closeCode(why))
	}
	c.reading.Lock()
	defer c.reading.Unlock()
	c.leave()
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
	if wait := c.holdBack(why); wait > 0 && !c.closing.Load() {
		c.stopReading()
		c.closeLater(why, wait)
		return
	}
	if c.startClosing() {
		go c.sayBye(why)
	}
	c.deafen()
}
