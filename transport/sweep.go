package transport

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/lxzan/gws"

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
	s.counters.connections.Set(float64(s.conns.size()))
	s.limits.sweep()
	for slot := range beats {
		s.conns.each(slot, func(c *conn) { c.check(now, since, slot == beat) })
	}
}

// check never blocks. A ping has a goroutine for the moment it takes to write;
// to a client that takes nothing it is a write like others, and stalls. Sessions
// end by the wall's clock, as their issuer's does, the rest by the server's.
func (c *conn) check(wall time.Time, now time.Duration, ping bool) {
	switch {
	case c.stalls(now):
		_ = c.tcp.SetWriteDeadline(time.Unix(0, 0)) // fails the write in progress
	case c.closing.Load():
	case wall.Unix() >= c.expires.Load():
		c.server.counters.expired.Inc()
		c.Close(errExpired)
	case now-time.Duration(c.heard.Load()) >= c.server.cfg.IdleTimeout:
		c.server.counters.reaped.Inc()
		c.server.log.Debug("connection reaped", slog.String("remote", c.remote()))
		c.Close(errReaped)
	default:
		c.vet(now)
		if ping {
			go c.ping()
		}
	}
}

var errReaped = &engine.CloseError{Code: closeGoingAway, Reason: "nothing received"}

func (c *conn) stalls(now time.Duration) bool {
	since := c.writing.Load()
	return since != idle && now-time.Duration(since) >= c.server.cfg.StallTimeout
}

var pingFrame = [][]byte{appendControl(nil, gws.OpcodePing, nil)}

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

// end lets nobody in any more and waits until all are gone. Those that are left
// when ctx is done are cut off.
func (w *crowd) end(ctx context.Context) {
	w.mu.Lock()
	w.ended = make(chan struct{})
	if w.count == 0 {
		close(w.ended)
	}
	w.mu.Unlock()
	select {
	case <-w.ended:
	case <-ctx.Done():
		for slot := range beats {
			w.each(slot, (*conn).abort)
		}
	}
}
