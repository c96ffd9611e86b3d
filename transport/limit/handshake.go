package limit

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/transport/netpoll"
)

// Handshake is a connection from its accept until net/http hands it over or closes it. It knows
// whether the server is waiting for its client.
type Handshake struct {
	net.Conn
	Counted bool          // by its address, when it was accepted
	Wait    time.Duration // until its address may begin a handshake; 0: it may

	listener *Listener
	reads    atomic.Bool // a Read waits for the client, or is about to
	begun    bool        // something has been read
	plain    atomic.Bool // the client does not speak TLS, though the listener does

	// Guarded by listener.mu.
	stage   handshakeStage
	since   time.Duration // when the stage began, unless it is processed
	queue   *list.List
	element *list.Element // in queue; nil when the slot has been released
}

type handshakeStage uint8

const (
	awaitsHeader handshakeStage = iota
	processed                   // by the server, which does not wait for the client
	answersHTTP                 // the client may be slow to send a body or to read the answer
)

// Read implements net.Conn. A Read that finds bytes does not wait for the client.
func (h *Handshake) Read(p []byte) (int, error) {
	if !netpoll.HasUnread(h.Conn) {
		h.reads.Store(true)
		h.listener.mayEvict()
	}
	n, err := h.Conn.Read(p)
	h.reads.Store(false)
	if n > 0 && !h.begun {
		h.begun = true
		h.plain.Store(h.listener.cfg.TLS != nil && !looksLikeTLS(p[0]))
	}
	return n, err
}

// Close implements net.Conn.
func (h *Handshake) Close() error {
	if h.plain.Load() {
		h.answersHTTP()
		return closePlain(h.Conn)
	}
	return h.Conn.Close()
}

// Plain reports whether the client speaks HTTP to a Listener for TLS.
func (h *Handshake) Plain() bool { return h.plain.Load() }

// CloseWrite makes net/http end the direction to the client before it closes the connection.
func (h *Handshake) CloseWrite() error {
	if c, ok := h.Conn.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return nil
}

// evictable reports whether h keeps its slot because its client is slow, and not because the server
// is; listener.mu is held.
func (h *Handshake) evictable() bool {
	switch h.stage {
	case awaitsHeader:
		waited := h.listener.cfg.Now() - h.since
		return (h.Wait > 0 || waited >= headerGrace) && h.reads.Load() && !netpoll.HasUnread(h.Conn)
	case answersHTTP:
		return h.listener.cfg.Now()-h.since >= answerGrace
	}
	return false
}

// AnswersHTTP records that a request is answered over HTTP, without a WebSocket.
func AnswersHTTP(r *http.Request) {
	if h := HandshakeOf(r); h != nil {
		h.answersHTTP()
	}
}

// Release gives up the slot of the connection of a request, which another limit counts from now on.
func Release(r *http.Request) {
	if h := HandshakeOf(r); h != nil {
		h.listener.mu.Lock()
		defer h.listener.mu.Unlock()
		h.listener.leave(h)
	}
}

func (h *Handshake) answersHTTP() {
	h.listener.mu.Lock()
	defer h.listener.mu.Unlock()
	h.stage, h.since = answersHTTP, h.listener.cfg.Now()
	h.listener.change.Broadcast()
}

// handshakeBelow returns the Handshake that c is, or that is below TLS, nil if there is none.
func handshakeBelow(c net.Conn) *Handshake {
	switch c := c.(type) {
	case *Handshake:
		return c
	case *refusedTLS:
		return c.Handshake
	}
	if wire := netpoll.WireOf(c); wire != nil {
		h, _ := wire.Conn.(*Handshake)
		return h
	}
	return nil
}

// Bare returns a connection that net/http has handed over without its Handshake.
func Bare(c net.Conn) net.Conn {
	h := handshakeBelow(c)
	if h == nil {
		return c
	}
	if wire := netpoll.WireOf(c); wire != nil {
		wire.Conn = h.Conn
		return c
	}
	return h.Conn
}

type handshakeKey struct{}

// ConnContext is to be the ConnContext of the http.Server.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, handshakeKey{}, c)
}

// HandshakeOf returns the connection of a request, nil if no Listener has accepted it.
func HandshakeOf(r *http.Request) *Handshake {
	c, _ := r.Context().Value(handshakeKey{}).(net.Conn)
	return handshakeBelow(c)
}
