package transport

import (
	"context"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/engine"
)

// beats is how many times in a ping interval the sweep comes by. Connections are
// spread over as many slots, and each beat pings one of them.
const beats = 30

// sweep looks after the connections until ctx is done.
func (s *Server) sweep(ctx context.Context) {
	ticker := time.NewTicker(s.cfg.PingInterval / beats)
	defer ticker.Stop()
	for beat := 0; ; beat = (beat + 1) % beats {
		select {
		case now := <-ticker.C:
			s.tick(now, beat)
		case <-ctx.Done():
			return
		}
	}
}

// tick sets the clock, ends what is dead and pings the slot whose turn it is.
func (s *Server) tick(now time.Time, beat int) {
	since := now.Sub(s.started)
	s.clock.Store(int64(since))
	s.limits.sweep()
	s.repeats.sweep()
	s.samples.sweep()
	if beat == 0 {
		go s.tidy()
	}
	for slot := range beats {
		s.conns.each(slot, func(c *conn) { c.check(now, since, slot == beat) })
	}
}

// tidy gives back, once a ping interval, the memory that handshakes took, if there
// were many: some ten kilobytes each, which the runtime would keep for the next.
func (s *Server) tidy() {
	accepted := s.counters.accepted.Get()
	if many := accepted - s.tidied.Swap(accepted); many >= tidyAfter {
		debug.FreeOSMemory()
	}
}

// tidyAfter is how many handshakes make it worth a collection, which takes milliseconds.
const tidyAfter = 500

// check never blocks. A ping has a goroutine for the moment it takes to write;
// to a client that takes nothing it is a write like others, and stalls. Sessions
// end by the wall's clock, as their issuer's does, the rest by the server's.
func (c *conn) check(wall time.Time, now time.Duration, ping bool) {
	switch {
	case c.stalls(now):
		c.link.unblock()
	case c.closing.Load():
	case c.held.Load().due(now):
		c.closeHeld()
	case c.late(now):
		go c.endLate(now)
	case wall.Unix() >= c.expires.Load():
		c.server.counters.expired.Inc()
		c.Close(errExpired)
	case now-time.Duration(c.heard.Load()) >= c.server.cfg.IdleTimeout:
		c.server.counters.reaped.Inc()
		c.server.log.Debug("connection reaped", slog.String("remote", c.remote()))
		c.Close(errReaped)
	default:
		c.vet(now)
		if ping && c.silent(now) {
			go c.ping()
		}
	}
}

// silent says that there is a way on which nothing has gone of late. What has come
// shows that the client lives, and what has gone keeps proxies from giving it up.
func (c *conn) silent(now time.Duration) bool {
	return now-time.Duration(min(c.heard.Load(), c.wrote.Load())) >= c.server.cfg.PingAfter
}

var errReaped = &engine.CloseError{Code: closeGoingAway, Reason: "nothing received"}

func (c *conn) stalls(now time.Duration) bool {
	since := c.writing.Load()
	return since != idle && now-time.Duration(since) >= c.server.cfg.StallTimeout
}

var pingFrame = [][]byte{appendControl(nil, codec.OpPing, nil)}

// ping writes a ping unless something else is being written, which serves as well.
func (c *conn) ping() {
	if c.mu.TryLock() {
		_ = c.write(pingFrame)
		c.mu.Unlock()
	}
}

// crowd is all connections.
type crowd struct {
	mu    sync.Mutex // guards everything below
	slots [beats]map[*conn]struct{}
	next  int // slot of the next connection
	count int
	ended chan struct{} // closed when count is zero; nil until end
}

// add returns false when the server shuts down.
func (w *crowd) add(c *conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ended != nil {
		return false
	}
	c.slot = w.next
	w.next = (w.next + 1) % beats
	if w.slots[c.slot] == nil {
		w.slots[c.slot] = map[*conn]struct{}{}
	}
	w.slots[c.slot][c] = struct{}{}
	w.count++
	return true
}

func (w *crowd) remove(c *conn) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.slots[c.slot], c)
	w.count--
	if w.count == 0 && w.ended != nil {
		close(w.ended)
	}
}

func (w *crowd) each(slot int, f func(*conn)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.slots[slot] {
		f(c)
	}
}

func (w *crowd) size() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.count
}

// end lets nobody in any more, closes those that are in no room, and waits until all are
// gone. Those that are left when ctx is done are cut off.
func (w *crowd) end(ctx context.Context, why *engine.CloseError) {
	w.mu.Lock()
	w.ended = make(chan struct{})
	if w.count == 0 {
		close(w.ended)
	}
	w.mu.Unlock()
	for slot := range beats {
		w.each(slot, func(c *conn) { c.Close(why) })
	}
	select {
	case <-w.ended:
	case <-ctx.Done():
		for slot := range beats {
			w.each(slot, (*conn).abort)
		}
	}
}
