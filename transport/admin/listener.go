package admin

import (
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
)

// listener limits how many connections there are. At the limit, the connection that has waited
// longest for its client is closed for a new one; if none waits, the new one is closed. A
// connection waits while it has no request of an administrator, also while it is answered: so
// clients without a token that send or take little of anything keep out nobody.
type listener struct {
	net.Listener
	refused func()

	mu    sync.Mutex // a leaf; guards everything below
	max   int
	conns map[net.Conn]*list.Element
	// waiting are the net.Conn without an administrator's request, first the one that waits
	// longest.
	waiting list.List
	taken   map[*upgraded]struct{} // connections that were taken over
	places  int                    // for those, taken or reserved
}

func newListener(refused func()) *listener {
	return &listener{
		refused: refused, conns: map[net.Conn]*list.Element{}, taken: map[*upgraded]struct{}{},
	}
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
	if len(l.conns)+l.places >= l.max {
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
	case http.StateIdle:
		if waits != nil {
			l.waiting.Remove(waits)
		}
		l.conns[c] = l.waiting.PushBack(c)
	case http.StateClosed, http.StateHijacked:
		if waits != nil {
			l.waiting.Remove(waits)
		}
		delete(l.conns, c)
	}
}

// connKey is the key of the net.Conn in the context of a request.
type connKey struct{}

// remember is to be the ConnContext of the http.Server.
func (l *listener) remember(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// keep keeps the connection of a request, which is an administrator's, until it is answered.
func (l *listener) keep(r *http.Request) {
	c, _ := r.Context().Value(connKey{}).(net.Conn)
	l.mu.Lock()
	defer l.mu.Unlock()
	if waits := l.conns[c]; waits != nil {
		l.waiting.Remove(waits)
		l.conns[c] = nil
	}
}

// len returns how many connections there are.
func (l *listener) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.conns) + len(l.taken)
}

// reserve reserves a place for a connection that is to be taken over. These have half of all
// places, so that they keep no operator out.
func (l *listener) reserve() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.places >= max(1, l.max/2) {
		return false
	}
	l.places++
	return true
}

// upgraded gives a connection the place that is reserved for it.
func (l *listener) upgraded(c *upgraded) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.taken[c] = struct{}{}
}

// release ends the reservation of a connection; nil: of one that was not taken over.
func (l *listener) release(c *upgraded) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.taken, c)
	l.places--
}

// abortUpgraded closes the connections that were taken over. Those that use them find out.
func (l *listener) abortUpgraded() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.taken {
		abort(c.Conn)
	}
}

// upgraded is a connection that the playground has taken over.
type upgraded struct {
	net.Conn
	release func()
}

// Close implements net.Conn.
func (c *upgraded) Close() error {
	c.release()
	return c.Conn.Close()
}

// CloseWrite ends the direction to the client.
func (c *upgraded) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}
