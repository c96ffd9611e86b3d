package netpoll

import (
	"crypto/tls"
	"net"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/civicpress/civic-realtime/transport/mux"
)

// polledRelay is a Relay between a client's TCP socket, which a poller reads, and a stream, whose
// session calls it.
type polledRelay struct {
	Relay
	set    *passing
	stream *mux.Stream
	made   time.Time
	ended  func(*Relay)

	mu         sync.Mutex  // held for moments; guards everything below
	client     relayClient // the client's socket
	begun      bool        // the poller has served it
	now        time.Time   // when the poller last served it
	unsent     []byte      // from the client, that the stream had no room for
	unconsumed int         // bytes of the stream that the client has not taken
	over       bool        // nothing more comes from the stream
	shut       bool        // the direction to the stream has ended
	gone       bool        // both are closed
}

// newPolledRelay takes over the connection and the stream, or neither if it fails.
func newPolledRelay(
	s *passing, client net.Conn, stream *mux.Stream, ended func(*Relay),
) (*Relay, error) {
	fd, err := dupOf(client)
	if err != nil {
		return nil, err
	}
	r := &polledRelay{set: s, stream: stream, made: time.Now(), ended: ended}
	r.now = r.made
	r.abort = r.end
	r.client = relayClient{relay: r, fd: fd}
	_ = socketOf(client).Close()
	if wire := WireOf(client); wire != nil {
		r.client.secure = client.(*tls.Conn)
		wire.Conn = &r.client
	}
	r.start()
	return &r.Relay, nil
}

// start makes the poller and the session pass bytes. The socket has room for bytes, so that the
// poller is woken at once: there may be bytes that were read already, with the end of a TLS
// handshake.
func (r *polledRelay) start() {
	r.mu.Lock()
	c := &r.client
	c.in, c.events = r.set.atOnce, unix.EPOLLIN|unix.EPOLLOUT
	r.set.enter(c.fd, r)
	err := c.in.add(c.fd, c.events)
	r.mu.Unlock()
	if err != nil {
		go r.end()
		return
	}
	r.stream.Notify(r)
}

// ready implements passer.
func (r *polledRelay) ready(events uint32, buf []byte) {
	r.mu.Lock()
	if !r.begun {
		r.begun = true
		events |= unix.EPOLLIN
	}
	r.now = r.set.now
	r.unlock(r.gone || r.serve(events, buf) && r.goOn())
}

// unlock ends what was done with mu held, and the relay, unless ok.
func (r *polledRelay) unlock(ok bool) {
	r.mu.Unlock()
	if !ok {
		r.end()
	}
}

// serve passes what the client has sent, and what it takes now. It returns false if the relay must
// end, as do the methods below.
func (r *polledRelay) serve(events uint32, buf []byte) bool {
	if events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) != 0 && !r.pass(buf) {
		return false
	}
	return events&unix.EPOLLERR == 0 && r.client.flush() == nil
}

// goOn ends the directions that are over, and makes the poller wait for what is to be done next.
func (r *polledRelay) goOn() bool {
	c := &r.client
	if len(c.unsent) == 0 && r.unconsumed > 0 {
		r.stream.Consumed(r.unconsumed)
		r.unconsumed = 0
	}
	if c.ended && !r.shut && len(r.unsent) == 0 {
		r.shut = true
		if r.stream.CloseWrite() != nil {
			return false
		}
	}
	return c.finish() && !(r.shut && c.shut) && c.watch() == nil
}

// send passes bytes of the client on.
func (r *polledRelay) send(p []byte) bool {
	r.toServer.bytes.Add(uint64(len(p)))
	return r.put(p)
}

// put passes bytes to the stream, and keeps those that it has no room for.
func (r *polledRelay) put(p []byte) bool {
	n, err := r.stream.TryWrite(p)
	if err != nil {
		return false
	}
	if n > 0 {
		r.toServer.taken.Add(1)
	}
	r.unsent = nil
	if n < len(p) {
		r.unsent = append([]byte(nil), p[n:]...)
	}
	if waits := n < len(p); waits != r.toServer.waits.Load() {
		r.toServer.waits.Store(waits)
	}
	return true
}

// Received implements mux.Events.
func (r *polledRelay) Received(p []byte) {
	r.mu.Lock()
	r.unconsumed += len(p)
	r.unlock(r.gone || r.client.write(p) == nil && r.goOn())
}

// Ended implements mux.Events.
func (r *polledRelay) Ended(err error) {
	r.mu.Lock()
	if err == nil {
		r.over = true
		r.toClient.over.Store(true)
	}
	r.unlock(r.gone || err == nil && r.goOn())
}

// Writable implements mux.Events. It reads on, as crypto/tls may hold records of the client that
// the kernel does not report again.
func (r *polledRelay) Writable() {
	buf := moreBuffers.Get().(*[readBuffer]byte)
	defer moreBuffers.Put(buf)
	r.mu.Lock()
	r.unlock(r.gone || r.put(r.unsent) && r.pass(buf[:]) && r.goOn())
}

// end closes both, once.
func (r *polledRelay) end() {
	r.mu.Lock()
	first := !r.gone
	if r.gone = true; first {
		r.set.leave(r.client.fd, r)
		_ = unix.Close(r.client.fd)
	}
	r.mu.Unlock()
	if first {
		_ = r.stream.Close()
		r.ended(&r.Relay)
	}
}
