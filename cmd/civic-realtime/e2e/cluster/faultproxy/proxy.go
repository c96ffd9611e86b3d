package faultproxy

import (
	"errors"
	"net"
	"slices"
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

// New returns a proxy for targets, as host:port, which take turns. One that refuses a connection
// is passed over, as a balancer does.
func New(targets ...string) (*Proxy, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &Proxy{listener: l, targets: targets, conns: map[net.Conn]bool{}}
	p.flows = sync.NewCond(&p.mu)
	go p.accept()
	return p, nil
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

func (p *Proxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		go p.serve(c)
	}
}

func (p *Proxy) serve(client net.Conn) {
	if !p.keep(client) {
		return
	}
	defer p.forget(client)
	p.awaitFlow()
	server, err := p.dial()
	if err != nil || !p.keep(server) {
		reset(client)
		return
	}
	defer p.forget(server)
	var both sync.WaitGroup
	both.Go(func() { p.pass(client, server) })
	both.Go(func() { p.pass(server, client) })
	both.Wait()
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

// dial connects with the first target, from the next one on, that accepts.
func (p *Proxy) dial() (net.Conn, error) {
	p.mu.Lock()
	targets := slices.Clone(p.targets)
	first := p.next
	p.next++
	p.mu.Unlock()
	err := errors.New("no targets")
	for i := range targets {
		var c net.Conn
		if c, err = net.Dial("tcp", targets[(first+i)%len(targets)]); err == nil {
			return c, nil
		}
	}
	return nil, err
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
