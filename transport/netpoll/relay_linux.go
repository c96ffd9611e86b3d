package netpoll

import (
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// polledRelay is a Relay between two TCP sockets, whose bytes a poller passes.
type polledRelay struct {
	Relay
	set   *passing
	ends  [2]relayEnd // the client, the server
	made  time.Time
	begun bool // the poller has passed bytes; it belongs to the poller's goroutine
	ended func(*Relay)

	cut  atomic.Bool // Abort has been called
	life sync.Mutex  // a leaf; guards the end of the sockets
	gone bool        // they are closed
}

// newPolledRelay takes over both connections, or neither if it fails.
func newPolledRelay(s *passing, client, server net.Conn, ended func(*Relay)) (*Relay, error) {
	r := &polledRelay{set: s, made: time.Now(), ended: ended}
	r.abort = r.cutOff
	for i, c := range []net.Conn{client, server} {
		fd, err := dupOf(c)
		if err != nil {
			if i > 0 {
				_ = unix.Close(r.ends[0].fd)
			}
			return nil, err
		}
		r.ends[i] = relayEnd{relay: r, fd: fd, other: &r.ends[1-i]}
	}
	r.ends[0].to, r.ends[1].to = &r.toClient, &r.toServer
	for i, c := range []net.Conn{client, server} {
		_ = socketOf(c).Close()
		if wire := WireOf(c); wire != nil {
			r.ends[i].secure = c.(*tls.Conn)
			wire.Conn = &r.ends[i]
		}
	}
	r.start()
	return &r.Relay, nil
}

// start makes the poller pass bytes. The client's socket has room for bytes, so that the poller is
// woken at once: there may be bytes that were read already, with the end of a TLS handshake. From
// then on both ends belong to the poller's goroutine.
func (r *polledRelay) start() {
	r.life.Lock()
	defer r.life.Unlock()
	first := &r.ends[0]
	first.in, first.events = r.set.atOnce, unix.EPOLLIN|unix.EPOLLOUT
	for i := range r.ends {
		r.set.enter(r.ends[i].fd, &r.ends[i])
	}
	if r.set.atOnce.add(first.fd, unix.EPOLLIN|unix.EPOLLOUT) != nil {
		go r.end()
	}
}

// cutOff is Relay.Abort. The poller is woken, as it always waits for an end.
func (r *polledRelay) cutOff() {
	r.life.Lock()
	defer r.life.Unlock()
	if r.cut.Store(true); r.gone {
		return
	}
	for i := range r.ends {
		_ = unix.Shutdown(r.ends[i].fd, unix.SHUT_RDWR)
	}
}

// end closes both sockets, once.
func (r *polledRelay) end() {
	if r.close() {
		r.ended(&r.Relay)
	}
}

func (r *polledRelay) close() (first bool) {
	r.life.Lock()
	defer r.life.Unlock()
	if r.gone {
		return false
	}
	r.gone = true
	for i := range r.ends {
		r.set.leave(r.ends[i].fd, &r.ends[i])
		_ = unix.Close(r.ends[i].fd)
	}
	return true
}
