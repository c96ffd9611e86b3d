//go:build !linux

package netpoll

import (
	"net"
	"sync"
	"time"
)

// Pollers exist on Linux only. Here each connection has a goroutine that reads.
type Pollers struct {
	NewFor time.Duration // not used here
}

// New returns pollers.
func New(Ticks) *Pollers { return &Pollers{} }

// Add returns a Conn over c for h. It takes over c, and calls the methods of h with lock held.
func (*Pollers) Add(h Handler, lock *sync.Mutex, c net.Conn) Conn { return newGoConn(h, lock, c) }

// Relay passes bytes between a client and a server, both ways, and calls ended when it has closed
// both. It takes over both connections.
func (*Pollers) Relay(client, server net.Conn, ended func(*Relay)) *Relay {
	return newGoRelay(client, server, ended)
}

// WatchHangup does nothing here.
func (*Pollers) WatchHangup(net.Conn, func()) (stop func()) { return func() {} }

// Close does nothing here.
func (*Pollers) Close() {}

// Events returns 0 here.
func (*Pollers) Events() uint64 { return 0 }
