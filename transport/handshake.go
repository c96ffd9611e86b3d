package transport

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// handshake is a connection from its accept until net/http is done with it. It knows
// whether its client is waited for.
type handshake struct {
	net.Conn
	limiter *handshakes
	counted bool          // against its address's rate, before the header
	wait    time.Duration // until its address may shake hands again; 0 if it may now
	reads   atomic.Bool   // a Read waits for the client, or will at once

	// Guarded by limiter.mu.
	stage   handshakeStage
	since   time.Duration // when answersHTTP began
	queue   *list.List
	element *list.Element // in queue; nil when the slot has been given back
}

type handshakeStage uint8

const (
	awaitsHeader handshakeStage = iota
	dealtWith                   // by the server, which waits for nobody meanwhile
	answersHTTP                 // over HTTP; the client may be slow to send a body or to read
)

// Read implements net.Conn. A Read that finds bytes waits for nobody.
func (h *handshake) Read(p []byte) (int, error) {
	if !hasUnread(h.Conn) {
		h.reads.Store(true)
		h.limiter.mayEvict()
	}
	n, err := h.Conn.Read(p)
	h.reads.Store(false)
	return n, err
}

// mayEvict is called when a connection begins to wait for its client.
func (g *handshakes) mayEvict() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.starve {
		g.change.Broadcast()
	}
}

// CloseWrite lets net/http end its direction before it closes the connection.
func (h *handshake) CloseWrite() error {
	if c, ok := h.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// evictable says whether h keeps its slot because of its client, and not because the
// server is behind; limiter.mu is held.
func (h *handshake) evictable() bool {
	switch h.stage {
	case awaitsHeader:
		return h.reads.Load() && !hasUnread(h.Conn)
	case answersHTTP:
		return h.limiter.now()-h.since >= answerGrace
	}
	return false
}

// answers notes that the request gets an answer over HTTP, and no WebSocket.
func answers(r *http.Request) {
	h := handshakeOf(r)
	if h == nil {
		return
	}
	h.limiter.mu.Lock()
	defer h.limiter.mu.Unlock()
	h.stage, h.since = answersHTTP, h.limiter.now()
	h.limiter.change.Broadcast()
}

type handshakeKey struct{}

// connContext is a http.Server's ConnContext.
func connContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, handshakeKey{}, c)
}

// handshakeOf is the connection of a request, nil if it came another way.
func handshakeOf(r *http.Request) *handshake {
	h, _ := r.Context().Value(handshakeKey{}).(*handshake)
	return h
}
