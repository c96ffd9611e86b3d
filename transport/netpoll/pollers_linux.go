package netpoll

import (
	"crypto/tls"
	"net"
	"runtime"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/transport/mux"
)

// Pollers share the connections among them. Each starts with its first connection.
type Pollers struct {
	// NewFor is how long a connection counts as new. 1 s. It may be set before Add is called.
	NewFor time.Duration
	ticks  Ticks

	mu     sync.Mutex // guards everything below
	all    []*poller
	most   int // of them; 0 until the first starts
	next   int
	closed bool
}

// maxPollers is how many pollers there are at most. So many can read enough to keep all processors
// of any machine busy.
const maxPollers = 8

// New returns pollers that read active connections at ticks.
func New(ticks Ticks) *Pollers { return &Pollers{NewFor: time.Second, ticks: ticks} }

// Add returns a Conn over c for h: a TCP connection, or a connection of OverTLS over one, after its
// handshake, or a stream. It takes over c, and calls the methods of h with lock held. A connection
// that cannot be polled gets a goroutine.
func (ps *Pollers) Add(h Handler, lock *sync.Mutex, c net.Conn) Conn {
	if stream, ok := c.(*mux.Stream); ok {
		if p := ps.pick(); p != nil {
			return newStreamConn(h, lock, stream, &p.held, p.newFor)
		}
		return newStreamConn(h, lock, stream, nil, 0)
	}
	if tcp, ok := socketOf(c).(*net.TCPConn); ok {
		if p := ps.pick(); p != nil {
			if polled, err := newPollConn(h, lock, &p.sets, tcp); err == nil {
				if secure, ok := c.(*tls.Conn); ok {
					polled.addTLS(secure, WireOf(c))
				}
				return polled
			}
		}
	}
	return newGoConn(h, lock, c)
}

// Relay passes bytes between a client and a stream, both ways, and calls ended when it has closed
// both, perhaps before Relay returns. It takes over both. The client's is a TCP connection, or one
// of OverTLS over one, after its handshake. A relay that cannot be polled gets two goroutines.
func (ps *Pollers) Relay(client net.Conn, server *mux.Stream, ended func(*Relay)) *Relay {
	if s := ps.passers(); s != nil {
		if r, err := newPolledRelay(s, client, server, ended); err == nil {
			return r
		}
	}
	return newGoRelay(client, server, ended)
}

// AtTicks returns a function that makes f be called at the next tick of relays, once, after what
// relays have passed. f must not block. nil: there are no ticks.
func (ps *Pollers) AtTicks(f func()) (soon func()) {
	if s := ps.passers(); s != nil {
		return (&tickCall{set: s, f: f}).soon
	}
	return nil
}

// WatchHangup calls hungUp, once, on a goroutine of its own, when the client closes the connection,
// if the system can tell. Nothing may be read meanwhile, and the connection not be closed, until
// stop is called. hungUp may still be called while stop is.
func (ps *Pollers) WatchHangup(c net.Conn, hungUp func()) (stop func()) {
	if s := ps.passers(); s != nil {
		if stop, err := watchHangup(s, c, hungUp); err == nil {
			return stop
		}
	}
	return func() {}
}

// passers returns the sockets without a Handler of the next poller, nil if there can be none.
func (ps *Pollers) passers() *passing {
	p := ps.pick()
	if p == nil {
		return nil
	}
	s, err := p.passers()
	if err != nil {
		return nil
	}
	return s
}

// pick returns the poller for the next connection, nil if none can be had.
func (ps *Pollers) pick() *poller {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return nil
	}
	if ps.most == 0 {
		ps.most = min(runtime.GOMAXPROCS(0), maxPollers)
	}
	if len(ps.all) < ps.most {
		if p, err := newPoller(ps.ticks, ps.NewFor, ps.most == 1); err == nil {
			ps.all = append(ps.all, p)
		}
	}
	if len(ps.all) == 0 {
		return nil
	}
	ps.next = (ps.next + 1) % len(ps.all)
	return ps.all[ps.next]
}

// Close ends the pollers, which must have no connections any more. Connections that are added later
// get a goroutine each.
func (ps *Pollers) Close() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.closed = true
	for _, p := range ps.all {
		p.close()
	}
}

// Events returns how often descriptors were found ready, by all pollers.
func (ps *Pollers) Events() (n uint64) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.all {
		n += p.reports.Load()
	}
	return n
}
