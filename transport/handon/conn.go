package handon

import (
	"context"
	"net"
	"net/http"

	"github.com/civicpress/civic-realtime/transport/mux"
)

// Conn is the connection of a client that another node has handed on. Its remote address is that of
// the client's own connection.
type Conn struct {
	*mux.Stream // to the other node
	Preamble    Preamble
	remote      net.Addr
}

// RemoteAddr implements net.Conn.
func (c *Conn) RemoteAddr() net.Addr { return c.remote }

type preambleKey struct{}

// ConnContext is to be the ConnContext of an http.Server that serves a Listener.
func ConnContext(ctx context.Context, c net.Conn) context.Context {
	if handed, ok := c.(*Conn); ok {
		return context.WithValue(ctx, preambleKey{}, &handed.Preamble)
	}
	return ctx
}

// PreambleOf returns the description of the connection of a request, nil if no node has handed it
// on.
func PreambleOf(r *http.Request) *Preamble {
	p, _ := r.Context().Value(preambleKey{}).(*Preamble)
	return p
}

// Bare returns the stream to the other node for a connection that was handed on, and c for others.
func Bare(c net.Conn) net.Conn {
	if handed, ok := c.(*Conn); ok {
		return handed.Stream
	}
	return c
}
