package faultproxy

import (
	"net"
	"sync"
	"time"
)

// Proxy listens on a free port of the loopback interface, and connects each connection with one of
// its targets. All methods may be called from any goroutine.
type Proxy struct {
	listener net.Listener

	mu      sync.Mutex // guards everything below
	flows   *sync.Cond // signals that withheld is false
	targets []string
	next    int // the target of the next connection
	cut     bool
	held    bool
	late    time.Duration
	conns   map[net.Conn]bool
}

// Addr returns the address, as host:port.
func (p *Proxy) Addr() string { return p.listener.Addr().String() }

// SetTargets replaces the targets of new connections.
func (p *Proxy) SetTargets(targets ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.targets = targets
}

// Cut resets all connections, and each new one, until Heal.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut, p.held = true, false
	p.flows.Broadcast()
	p.drop()
}

// Withhold lets no byte pass in either direction until Heal, which passes them on: connections are
// half-open meanwhile, and new ones are accepted without an answer.
func (p *Proxy) Withhold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.held = true
}

// Delay delays everything that is read from now on, in each direction.
func (p *Proxy) Delay(by time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.late = by
}

// Heal ends all faults.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut, p.held, p.late = false, false, 0
	p.flows.Broadcast()
}

// Passes reports whether bytes pass, perhaps late.
func (p *Proxy) Passes() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.cut && !p.held
}

// Close ends the proxy and its connections.
func (p *Proxy) Close() {
	p.listener.Close()
	p.Cut()
}

// drop resets all connections; mu is held.
func (p *Proxy) drop() {
	for c := range p.conns {
		reset(c)
	}
	clear(p.conns)
}

// reset closes a connection such that its other end sees an error.
func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	c.Close()
}

// keep adds a connection. It resets one and returns false while connections are cut.
func (p *Proxy) keep(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut {
		reset(c)
		return false
	}
	p.conns[c] = true
	return true
}

func (p *Proxy) forget(c net.Conn) {
	c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.conns, c)
}

func (p *Proxy) delay() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.late
}

// awaitFlow waits while bytes are withheld.
func (p *Proxy) awaitFlow() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.held {
		p.flows.Wait()
	}
}
