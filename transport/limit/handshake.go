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
	return n, err
}

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
	h := HandshakeOf(r)
	if h == nil {
		return
	}
	h.listener.mu.Lock()
	defer h.listener.mu.Unlock()
	h.stage, h.since = answersHTTP, h.listener.cfg.Now()
	h.listener.change.Broadcast()
}

type handshakeKey struct{}

// ConnContext is to be the ConnContext of the http.Server.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, handshakeKey{}, c)
}

// HandshakeOf returns the connection of a request, nil if no Listener has accepted it.
func HandshakeOf(r *http.Request) *Handshake {
	h, _ := r.Context().Value(handshakeKey{}).(*Handshake)
	return h
}
