//go:build !linux

package netpoll

import (
	"net"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/transport/mux"
)

// Pollers exist on Linux only. Here each connection has a goroutine that reads.
type Pollers struct {
	NewFor time.Duration // not used here
}

// New returns pollers.
func New(Ticks) *Pollers { return &Pollers{} }

// Add returns a Conn over c for h. It takes over c, and calls the methods of h with lock held.
func (*Pollers) Add(h Handler, lock *sync.Mutex, c net.Conn) Conn {
	if stream, ok := c.(*mux.Stream); ok {
		return newStreamConn(h, lock, stream, nil, 0)
	}
	return newGoConn(h, lock, c)
}

// Relay passes bytes between a client and a stream, both ways, and calls ended when it has closed
// both. It takes over both.
func (*Pollers) Relay(client net.Conn, server *mux.Stream, ended func(*Relay)) *Relay {
	return newGoRelay(client, server, ended)
}

// AtTicks returns nil here.
func (*Pollers) AtTicks(func()) (soon func()) { return nil }

// WatchHangup does nothing here.
func (*Pollers) WatchHangup(net.Conn, func()) (stop func()) { return func() {} }

// Close does nothing here.
func (*Pollers) Close() {}

// Events returns 0 here.
func (*Pollers) Events() uint64 { return 0 }
