package transport

import (
	"container/list"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// handshakes is a listener that bounds how many connections are in their handshake, which
// is from accept until net/http hands the connection over or closes it. Nobody waits for a
// slot that a slow client holds: when all are taken, the connection that has waited
// longest for its client is closed, first among those over their address's rate.
type handshakes struct {
	net.Listener
	limit   int
	allow   func(net.Conn) (counted bool, wait time.Duration)
	now     func() time.Duration
	log     *slog.Logger
	evicted *metrics.Counter

	mu     sync.Mutex // guards everything below
	change sync.Cond  // a slot is free, a connection may have become evictable, or the listener is closed
	closed bool
	starve bool      // Accept waits for a change
	warned bool      // of evictions, since the slots were half free
	late   list.List // of *handshake, those over their address's rate, in order of accept
	timely list.List // the others
}

// evictLook is how many of the oldest connections are looked at to find one to evict. It
// bounds the cost of an accept while the server itself is behind.
const evictLook = 16

// answerGrace is how long an answer over HTTP may take before its connection may be evicted.
const answerGrace = 100 * time.Millisecond

func newHandshakes(l net.Listener, s *Server) *handshakes {
	g := &handshakes{Listener: l, limit: s.cfg.Handshakes, allow: s.allowConn, now: func() time.Duration { return s.limits.now() },
		log: s.log, evicted: s.limits.evicted}
	g.change.L = &g.mu
	return g
}

// Accept returns the next connection, of type *handshake.
func (g *handshakes) Accept() (net.Conn, error) {
	c, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	h := &handshake{Conn: c, limiter: g}
	h.counted, h.wait = g.allow(c)
	if !g.enter(h) {
		_ = c.Close()
		return nil, net.ErrClosed
	}
	return h, nil
}

// enter gives h a slot. It waits only while every slot is in use by the server itself. It
// returns false when the listener is closed.
func (g *handshakes) enter(h *handshake) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for !g.closed && g.size() >= g.limit && !g.evict() {
		g.starve = true
		retry := time.AfterFunc(answerGrace, g.change.Broadcast)
		g.change.Wait()
		retry.Stop()
	}
	g.starve = false
	if g.closed {
		return false
	}
	if h.queue = &g.timely; h.wait > 0 {
		h.queue = &g.late
	}
	h.element = h.queue.PushBack(h)
	return true
}

func (g *handshakes) size() int { return g.late.Len() + g.timely.Len() }

// held is how many slots are taken.
func (g *handshakes) held() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.size()
}

// evict closes a connection that keeps its slot for want of its client's bytes. mu is held.
func (g *handshakes) evict() bool {
	for _, queue := range []*list.List{&g.late, &g.timely} {
		e := queue.Front()
		for range evictLook {
			if e == nil {
				break
			}
			if h := e.Value.(*handshake); h.evictable() {
				g.end(h)
				return true
			}
			e = e.Next()
		}
	}
	return false
}

// end closes h, and says why if nothing has been written to it. mu is held.
func (g *handshakes) end(h *handshake) {
	g.evicted.Inc()
	if !g.warned {
		g.warned = true
		g.log.Warn("all handshake slots are taken: closing those that have waited longest for their client",
			slog.Int("slots", g.limit), slog.String("remote", h.RemoteAddr().String()))
	}
	if h.stage == awaitsHeader {
		_, _ = h.Conn.Write([]byte(tooSlow)) // the send buffer is empty
	}
	g.leave(h)
	_ = h.Conn.Close()
}

const tooSlow = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

// leave gives the slot of h back, once. mu is held.
func (g *handshakes) leave(h *handshake) {
	if h.element == nil {
		return
	}
	h.queue.Remove(h.element)
	h.element = nil
	g.warned = g.warned && g.size() > g.limit/2
	g.change.Broadcast()
}

// Close stops accepting.
func (g *handshakes) Close() error {
	g.mu.Lock()
	g.closed = true
	g.change.Broadcast()
	g.mu.Unlock()
	return g.Listener.Close()
}

// connState is a http.Server's ConnState. The server reports a connection active when its
// header has come, and hijacked or closed when its part in it ends.
func (g *handshakes) connState(c net.Conn, state http.ConnState) {
	h := c.(*handshake)
	g.mu.Lock()
	defer g.mu.Unlock()
	switch state {
	case http.StateActive:
		h.stage = dealtWith
		g.change.Broadcast()
	case http.StateHijacked, http.StateClosed:
		g.leave(h)
	}
}
