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

// Close does nothing here.
func (*Pollers) Close() {}

// Events returns 0 here.
func (*Pollers) Events() uint64 { return 0 }
