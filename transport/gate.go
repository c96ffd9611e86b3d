package transport

import (
	"net"
	"net/http"
	"sync"
)

// gate is a listener that bounds how many connections are in their handshake.
// It hands on the connections as they are: a wrapped one could not be written
// to with writev.
type gate struct {
	net.Listener
	slots chan struct{} // holds one token per connection in its handshake
	shut  func()        // ends the wait for a slot; may be called twice
	done  chan struct{}
}

func newGate(l net.Listener, limit int) *gate {
	g := &gate{Listener: l, slots: make(chan struct{}, limit), done: make(chan struct{})}
	g.shut = sync.OnceFunc(func() { close(g.done) })
	return g
}

// Accept waits for a slot, then for a connection.
func (g *gate) Accept() (net.Conn, error) {
	select {
	case g.slots <- struct{}{}:
	case <-g.done:
		return nil, net.ErrClosed
	}
	c, err := g.Listener.Accept()
	if err != nil {
		<-g.slots
	}
	return c, err
}

// Close stops accepting.
func (g *gate) Close() error {
	g.shut()
	return g.Listener.Close()
}

// watch is a http.Server's ConnState. Exactly one of these states ends the
// server's part in a connection.
func (g *gate) watch(_ net.Conn, state http.ConnState) {
	if state == http.StateHijacked || state == http.StateClosed {
		<-g.slots
	}
}
