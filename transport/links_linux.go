package transport

import (
	"net"
	"runtime"
	"sync"
)

// pollers share the connections among them. They are made when the first comes.
type pollers struct {
	beater beater

	mu     sync.Mutex // guards everything below
	all    []*poller
	most   int // of them; 0 until the first is made
	next   int
	closed bool
}

// maxPollers is enough to keep any machine's other processors busy with what they read.
const maxPollers = 8

// link makes a connection's link. What cannot be polled has a goroutine.
func (ps *pollers) link(c *conn, tcp net.Conn) link {
	if t, ok := tcp.(*net.TCPConn); ok {
		if p := ps.pick(); p != nil {
			if l, err := newFDLink(c, p, t); err == nil {
				return l
			}
		}
	}
	return newStdLink(c, tcp)
}

// pick returns nil when there are none to be had.
func (ps *pollers) pick() *poller {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if ps.closed {
		return nil
	}
	if ps.most == 0 {
		ps.most = min(runtime.GOMAXPROCS(0), maxPollers)
	}
	if len(ps.all) < ps.most {
		if p, err := newPoller(ps.beater, ps.most == 1); err == nil {
			ps.all = append(ps.all, p)
		}
	}
	if len(ps.all) == 0 {
		return nil
	}
	ps.next = (ps.next + 1) % len(ps.all)
	return ps.all[ps.next]
}

// close is called when all connections have gone.
func (ps *pollers) close() {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	ps.closed = true
	for _, p := range ps.all {
		p.close()
	}
}

// reports is how often sockets and sets were found ready, by all pollers.
func (ps *pollers) reports() (n uint64) {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	for _, p := range ps.all {
		n += p.reports.Load()
	}
	return n
}
