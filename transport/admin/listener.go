package admin

import (
	"container/list"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

// listener limits how many connections there are. At the limit, the connection that has waited
// longest for its client is closed for a new one; if none waits, the new one is closed.
type listener struct {
	net.Listener
	refused func()

	mu      sync.Mutex // a leaf; guards everything below
	max     int
	conns   map[net.Conn]*list.Element
	waiting list.List // of net.Conn without a request, the one that waits longest first
}

func newListener(refused func()) *listener {
	return &listener{refused: refused, conns: map[net.Conn]*list.Element{}}
}

// setMax changes the limit. Connections that are there stay.
func (l *listener) setMax(max int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.max = max
}

// Accept implements net.Listener. It returns the connections of the listener beneath as they are,
// so that net/http knows those with TLS.
func (l *listener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if victim := l.add(c); victim != nil {
			l.refused()
			abort(victim)
			if victim == c {
				continue
			}
		}
		return c, nil
	}
}

// add counts a connection, and returns the one that must be closed, if any.
func (l *listener) add(c net.Conn) (victim net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.conns) >= l.max {
		oldest := l.waiting.Front()
		if oldest == nil {
			return c
		}
		victim = l.waiting.Remove(oldest).(net.Conn)
		delete(l.conns, victim)
	}
	l.conns[c] = l.waiting.PushBack(c)
	return victim
}

// abort closes a connection without waiting for its client, also one with TLS.
func abort(c net.Conn) {
	if t, ok := c.(*tls.Conn); ok {
		c = t.NetConn()
	}
	_ = c.Close()
}

// state is to be the ConnState of the http.Server.
func (l *listener) state(c net.Conn, state http.ConnState) {
	l.mu.Lock()
	defer l.mu.Unlock()
	waits, known := l.conns[c]
	if !known {
		return
	}
	switch state {
	case http.StateActive:
		if waits != nil {
			l.waiting.Remove(waits)
		}
		l.conns[c] = nil
	case http.StateIdle:
		l.conns[c] = l.waiting.PushBack(c)
	case http.StateClosed, http.StateHijacked:
		if waits != nil {
			l.waiting.Remove(waits)
		}
		delete(l.conns, c)
	}
}

// len returns how many connections there are.
func (l *listener) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns)
}
