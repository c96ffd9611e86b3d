package netpoll

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"github.com/civicpress/civic-realtime/transport/mux"
)

// relayClient is the client's socket of a relay, and the net.Conn below its TLS. Nothing waits:
// Read fails with errNoInput, and Write keeps what the socket has no room for. polledRelay.mu
// guards it.
type relayClient struct {
	relay  *polledRelay
	secure *tls.Conn // nil: without TLS
	fd     int

	in     epoll     // the set in which it is if events are awaited
	events uint32    // that are awaited
	budget int       // bytes that may still be read before others are read
	hurry  time.Time // until when it counts as one that sends much
	unsent []byte    // that the socket had no room for
	ended  bool      // nothing more comes from the client
	last   bool      // the last bytes for the client have been written, or are unsent
	shut   bool      // the direction to the client has ended
}

// pass passes what has come from the client, as far as the stream takes it.
func (r *polledRelay) pass(buf []byte) bool {
	c := &r.client
	passed := 0
	c.budget = readTurn
	for len(r.unsent) == 0 && !c.ended {
		n, err := c.input().Read(buf[:relayChunk])
		if passed += n; passed >= relayChunk {
			c.hurry = r.now.Add(r.set.gap)
		}
		if n > 0 && !r.send(buf[:n]) {
			return false
		}
		switch {
		case err == nil:
			continue
		case errors.Is(err, io.EOF):
			c.ended = true
			r.toServer.over.Store(true)
		case !errors.Is(err, errNoInput):
			return false
		case c.secure != nil:
			freeTLSBuffers(c.secure)
		}
		break
	}
	return true
}

// input returns what is read to get what the client has sent.
func (c *relayClient) input() io.Reader {
	if c.secure != nil {
		return c.secure
	}
	return c
}

// write passes bytes to the client.
func (c *relayClient) write(p []byte) (err error) {
	if c.secure != nil {
		_, err = c.secure.Write(p)
	} else {
		_, err = c.Write(p)
	}
	c.relay.toClient.bytes.Add(uint64(len(p)))
	return err
}

// finish ends the direction to the client after its last bytes. It returns false if the relay must
// end.
func (c *relayClient) finish() bool {
	if c.relay.over && !c.last && len(c.unsent) == 0 {
		c.last = true
		if c.secure != nil && c.secure.CloseWrite() != nil {
			return false
		}
	}
	if c.last && !c.shut && len(c.unsent) == 0 {
		c.shut = true
		return unix.Shutdown(c.fd, unix.SHUT_WR) == nil
	}
	return true
}

// flush writes what is unsent, as far as there is room for it.
func (c *relayClient) flush() error {
	for len(c.unsent) > 0 {
		n, errno := writeFD(c.fd, c.unsent)
		if errno == unix.EAGAIN {
			return nil
		}
		if errno != 0 {
			return os.NewSyscallError("write", errno)
		}
		c.relay.toClient.taken.Add(1)
		c.unsent = c.unsent[n:]
	}
	c.unsent = nil
	return nil
}

// watch makes the poller wait for what is to be done next.
func (c *relayClient) watch() error {
	var events uint32
	if !c.ended && len(c.relay.unsent) == 0 {
		events |= unix.EPOLLIN
	}
	waits := len(c.unsent) > 0
	if waits {
		events |= unix.EPOLLOUT
	}
	if to := &c.relay.toClient; waits != to.waits.Load() {
		to.waits.Store(waits)
	}
	return c.await(events)
}

// await makes the poller wait for events, in the set to which the socket belongs now.
func (c *relayClient) await(events uint32) error {
	in := c.relay.set.atTicks
	if c.isUrgent() {
		in = c.relay.set.atOnce
	}
	before := c.events
	if before != 0 && in != c.in {
		c.in.remove(c.fd)
		before = 0
	}
	c.in, c.events = in, events
	return in.change(c.fd, before, events)
}

// isUrgent reports whether the socket is to be served at once: its relay is new, or it sends much
// or takes little at a time, which would wait for many ticks.
func (c *relayClient) isUrgent() bool {
	r := c.relay
	return len(c.unsent) > 0 || r.now.Before(c.hurry) || r.now.Sub(r.made) < r.set.newFor
}

// Read implements net.Conn. At the end of its turn the client has no more input.
func (c *relayClient) Read(p []byte) (int, error) {
	if c.budget <= 0 {
		return 0, errNoInput
	}
	p = p[:min(len(p), c.budget)]
	n, errno := readFD(c.fd, p)
	switch {
	case errno == unix.EAGAIN:
		return 0, errNoInput
	case errno != 0:
		return 0, os.NewSyscallError("read", errno)
	case n == 0:
		return 0, io.EOF
	}
	if c.budget -= n; n < len(p) {
		c.budget = 0 // there was no more
	}
	return n, nil
}

// maxRelayUnsent bounds relayClient.unsent: a window, with what TLS adds to small pieces of it.
const maxRelayUnsent = 2*mux.Window + maxUnsent

// Write implements net.Conn.
func (c *relayClient) Write(p []byte) (n int, err error) {
	n = len(p)
	for len(p) > 0 && len(c.unsent) == 0 {
		sent, errno := writeFD(c.fd, p)
		if errno == unix.EAGAIN {
			break
		}
		if errno != 0 {
			return 0, os.NewSyscallError("write", errno)
		}
		c.relay.toClient.taken.Add(1)
		p = p[sent:]
	}
	if len(c.unsent)+len(p) > maxRelayUnsent {
		return 0, errUnsent
	}
	c.unsent = append(c.unsent, p...)
	return n, nil
}

// Close and the methods below implement net.Conn. crypto/tls calls no other than SetWriteDeadline,
// before it writes an alert, which does not wait here.
func (c *relayClient) Close() error                     { return nil }
func (c *relayClient) LocalAddr() net.Addr              { return nil }
func (c *relayClient) RemoteAddr() net.Addr             { return nil }
func (c *relayClient) SetDeadline(time.Time) error      { return nil }
func (c *relayClient) SetReadDeadline(time.Time) error  { return nil }
func (c *relayClient) SetWriteDeadline(time.Time) error { return nil }
