package sandbox

import (
	"context"
	"log/slog"
	"net"
	"sync"

	"github.com/civicpress/civic-realtime/engine"
	"github.com/civicpress/civic-realtime/transport"
	"github.com/civicpress/civic-realtime/transport/auth"
)

// world is an engine, and the server of its WebSockets.
type world struct {
	engine   *engine.Engine
	server   *transport.Server
	served   chan struct{} // closed when server has ended
	requests int           // that are being answered; guarded by Sandbox.mu
}

func newWorld(cfg Config, path string) *world {
	log := slog.New(slog.DiscardHandler)
	e := engine.New(cfg.engine(), new(nowhere), log)
	w := &world{engine: e, server: transport.New(cfg.transport(path), e, auth.AllowAll{}, log)}
	w.served = make(chan struct{})
	go func() {
		defer close(w.served)
		// What is lost was in memory only.
		_ = w.server.Serve(context.Background(), newDeaf())
	}()
	return w
}

// connections returns how many connections there are.
func (w *world) connections() int {
	all, _ := w.server.Connections(transport.ConnectionQuery{})
	return len(all)
}

// rooms returns how many documents are in memory.
func (w *world) rooms() int { return len(w.engine.Rooms()) }

// end closes all connections, and returns a channel that is closed when that is done, and before is
// closed, if it is not nil.
func (w *world) end(before <-chan struct{}) chan struct{} {
	ended := make(chan struct{})
	w.server.Drain()
	go func() {
		defer close(ended)
		<-w.served
		if before != nil {
			<-before
		}
	}()
	return ended
}

// deaf is a net.Listener to which nobody connects: the requests come from another listener.
type deaf struct {
	closed chan struct{}
	once   sync.Once
}

func newDeaf() *deaf { return &deaf{closed: make(chan struct{})} }

// Accept implements net.Listener.
func (d *deaf) Accept() (net.Conn, error) {
	<-d.closed
	return nil, net.ErrClosed
}

// Close implements net.Listener.
func (d *deaf) Close() error {
	d.once.Do(func() { close(d.closed) })
	return nil
}

// Addr implements net.Listener.
func (d *deaf) Addr() net.Addr { return &net.TCPAddr{} }
