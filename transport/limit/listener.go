package limit

import (
	"container/list"
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// ListenerConfig configures a Listener.
type ListenerConfig struct {
	// Slots is how many connections may be in their handshake.
	Slots int
	// Allow is called for each connection that is accepted. It returns whether the connection has
	// been counted by its address, and the time for which the address must wait if it is over its
	// rate.
	Allow func(net.Conn) (counted bool, wait time.Duration)
	// Now is the clock: the time since a fixed moment.
	Now func() time.Duration
	Log *slog.Logger
	// Evicted counts the connections that are closed to make room.
	Evicted *metrics.Counter
	// TLS makes the Listener speak TLS. nil: it does not.
	TLS *tls.Config
	// OverRate is called for a connection over the rate of its address that is refused before its
	// TLS handshake. nil: nothing is called.
	OverRate func(net.Conn)
}

// Listener is a net.Listener that limits how many connections are in their handshake, which lasts
// from the accept until net/http hands the connection over or closes it. No client can keep a slot
// by being slow: when all are taken, the connection that has waited longest for its client is
// closed, first among those over the rate of their address.
type Listener struct {
	net.Listener
	cfg ListenerConfig

	mu     sync.Mutex // guards everything below
	change sync.Cond  // a slot is free, a connection may be evictable, or the listener is closed
	closed bool
	waits  bool      // Accept waits for a change
	warned bool      // evictions have been logged since half of the slots were free
	over   list.List // of *Handshake over the rate of their address, in order of accept
	within list.List // of all others, in order of accept
}

// evictLook is how many of the oldest connections are checked to find one to evict. It bounds the
// cost of an accept when the server is slow and none may be evicted.
const evictLook = 16

// headerGrace is how long a client may take to send its request before its connection may be
// evicted, unless it is over the rate of its address. So many clients that come at once, as after a
// restart, do not displace each other: they wait to be accepted.
const headerGrace = 250 * time.Millisecond

// answerGrace is how long an answer over HTTP may take before its connection may be evicted.
const answerGrace = 100 * time.Millisecond

// NewListener returns a Listener that accepts from l. Its ConnState and ConnContext must be those
// of the http.Server that serves it.
func NewListener(l net.Listener, cfg ListenerConfig) *Listener {
	g := &Listener{Listener: l, cfg: cfg}
	g.change.L = &g.mu
	return g
}

// Accept returns the next connection: a *Handshake, or a TLS connection over one. A connection over
// the rate of its address is refused before the TLS handshake, which takes a millisecond of a
// processor.
func (g *Listener) Accept() (net.Conn, error) {
	c, err := g.Listener.Accept()
	if err != nil {
		return nil, err
	}
	h := &Handshake{Conn: c, listener: g, since: g.cfg.Now()}
	h.Counted, h.Wait = g.cfg.Allow(c)
	if !g.enter(h) {
		_ = c.Close()
		return nil, net.ErrClosed
	}
	switch {
	case g.cfg.TLS == nil:
		return h, nil
	case h.Wait > 0:
		return &refusedTLS{Handshake: h}, nil
	}
	return netpoll.OverTLS(h, g.cfg.TLS), nil
}

// enter gives h a slot. It waits only while the server itself is busy with the connections of all
// slots. It returns false if the listener is closed meanwhile.
func (g *Listener) enter(h *Handshake) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	for !g.closed && g.size() >= g.cfg.Slots && !g.evict() {
		g.waits = true
		retry := time.AfterFunc(answerGrace, g.change.Broadcast)
		g.change.Wait()
		retry.Stop()
	}
	g.waits = false
	if g.closed && g.size() >= g.cfg.Slots {
		return false
	}
	if h.queue = &g.within; h.Wait > 0 {
		h.queue = &g.over
	}
	h.element = h.queue.PushBack(h)
	return true
}

func (g *Listener) size() int { return g.over.Len() + g.within.Len() }

// Held returns how many slots are taken.
func (g *Listener) Held() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.size()
}

// Wait waits until no slot is taken, or until ctx is done.
func (g *Listener) Wait(ctx context.Context) {
	defer context.AfterFunc(ctx, func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.change.Broadcast()
	})()
	g.mu.Lock()
	defer g.mu.Unlock()
	for g.size() > 0 && ctx.Err() == nil {
		g.change.Wait()
	}
}

// Evictable returns how many slots are taken only because a client is slow.
func (g *Listener) Evictable() (n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, queue := range []*list.List{&g.over, &g.within} {
		for e := queue.Front(); e != nil; e = e.Next() {
			if e.Value.(*Handshake).evictable() {
				n++
			}
		}
	}
	return n
}

// evict closes a connection that keeps its slot only because its client is slow; mu is held.
func (g *Listener) evict() bool {
	for _, queue := range []*list.List{&g.over, &g.within} {
		e := queue.Front()
		for range evictLook {
			if e == nil {
				break
			}
			if h := e.Value.(*Handshake); h.evictable() {
				g.end(h)
				return true
			}
			e = e.Next()
		}
	}
	return false
}

// end closes h, and answers 408 if nothing has been written to h yet; mu is held. Over TLS there is
// no answer, as the handshake may be in progress.
func (g *Listener) end(h *Handshake) {
	g.cfg.Evicted.Inc()
	if !g.warned {
		g.warned = true
		g.cfg.Log.Warn("all handshake slots are taken: "+
			"closing those that have waited longest for their client",
			slog.Int("slots", g.cfg.Slots), slog.String("remote", h.RemoteAddr().String()))
	}
	if h.stage == awaitsHeader && g.cfg.TLS == nil {
		_, _ = h.Conn.Write([]byte(tooSlow)) // does not block: the send buffer is empty
	}
	g.leave(h)
	_ = h.Conn.Close()
}

const tooSlow = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

// leave releases the slot of h, once; mu is held.
func (g *Listener) leave(h *Handshake) {
	if h.element == nil {
		return
	}
	h.queue.Remove(h.element)
	h.element = nil
	g.warned = g.warned && g.size() > g.cfg.Slots/2
	g.change.Broadcast()
}

// Close stops accepting.
func (g *Listener) Close() error {
	g.mu.Lock()
	g.closed = true
	g.change.Broadcast()
	g.mu.Unlock()
	return g.Listener.Close()
}

// ConnState is to be the ConnState of the http.Server, which reports a connection as active when
// its header has come, and as hijacked or closed when the server has done its part.
func (g *Listener) ConnState(c net.Conn, state http.ConnState) {
	h := handshakeBelow(c)
	g.mu.Lock()
	defer g.mu.Unlock()
	switch state {
	case http.StateActive:
		h.stage = processed
		g.change.Broadcast()
	case http.StateHijacked, http.StateClosed:
		g.leave(h)
	}
}

// mayEvict is called when a connection begins to wait for its client.
func (g *Listener) mayEvict() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.waits {
		g.change.Broadcast()
	}
}
