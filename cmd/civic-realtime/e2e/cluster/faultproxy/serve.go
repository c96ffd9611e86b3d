package faultproxy

import (
	"errors"
	"net"
	"slices"
	"sync"
)

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
