package fanout

import (
	"net"
	"sync"
)

// maxConnections is how many connections of other nodes there may be. Each node keeps two.
const maxConnections = 256

// queue is a net.Listener for connections that another listener has accepted.
type queue struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
	slots  chan struct{} // has a token for each connection
}

func newQueue() *queue {
	return &queue{
		conns: make(chan net.Conn), closed: make(chan struct{}),
		slots: make(chan struct{}, maxConnections),
	}
}

// put gives a connection to Accept. It closes those that are too many, or come too late.
func (q *queue) put(c net.Conn) {
	select {
	case q.slots <- struct{}{}:
	default:
		_ = c.Close()
		return
	}
	held := &heldConn{Conn: c, q: q}
	select {
	case q.conns <- held:
	case <-q.closed:
		_ = held.Close()
	}
}

// Accept implements net.Listener.
func (q *queue) Accept() (net.Conn, error) {
	select {
	case c := <-q.conns:
		return c, nil
	case <-q.closed:
		return nil, net.ErrClosed
	}
}

// Close implements net.Listener.
func (q *queue) Close() error {
	q.once.Do(func() { close(q.closed) })
	return nil
}

// Addr implements net.Listener. Nobody asks for it.
func (q *queue) Addr() net.Addr { return &net.TCPAddr{} }

// heldConn is a connection that has a slot until it is closed.
type heldConn struct {
	net.Conn
	q    *queue
	once sync.Once
}

// Close implements net.Conn.
func (c *heldConn) Close() error {
	c.once.Do(func() { <-c.q.slots })
	return c.Conn.Close()
}
