package netpoll

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// relayEnd is one of the two sockets of a relay, and the net.Conn below its TLS. Nothing waits:
// Read fails with errNoInput, and Write keeps what the socket has no room for. It belongs to the
// goroutine of the poller.
type relayEnd struct {
	relay  *polledRelay
	other  *relayEnd
	to     *direction // counts what is passed to this end
	secure *tls.Conn  // nil: without TLS
	fd     int

	in     epoll  // the set in which it is if events are awaited
	events uint32 // that are awaited
	budget int    // bytes that may still be read before others are read
	passed int    // bytes that were last read at a time
	unsent []byte // that the socket had no room for
	ended  bool   // nothing more comes from this end
	last   bool   // the last bytes for this end have been written, or are unsent
	shut   bool   // the direction to this end has ended
}

// ready implements passer.
func (e *relayEnd) ready(events uint32, buf []byte) {
	ok := !e.relay.cut.Load()
	if !e.relay.begun {
		e.relay.begun = true
		events |= unix.EPOLLIN | unix.EPOLLOUT
	}
	if ok && events&(unix.EPOLLIN|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		ok = e.pass(buf) && events&unix.EPOLLERR == 0
	}
	if ok && events&(unix.EPOLLOUT|unix.EPOLLHUP) != 0 {
		ok = e.other.pass(buf)
	}
	if !ok || e.shut && e.other.shut || e.watch() != nil || e.other.watch() != nil {
		e.relay.end()
	}
}

// pass passes what has come from e to the other end, as far as that takes it. It returns false if
// the relay must end.
func (e *relayEnd) pass(buf []byte) bool {
	to := e.other
	if to.flush() != nil {
		return false
	}
	e.budget, e.passed = readTurn, 0
	for len(to.unsent) == 0 && !e.ended {
		n, err := e.input().Read(buf[:relayChunk])
		e.passed += n
		if n > 0 && to.write(buf[:n]) != nil {
			return false
		}
		switch {
		case err == nil:
			continue
		case errors.Is(err, io.EOF):
			e.ended = true
			to.to.over.Store(true)
		case !errors.Is(err, errNoInput):
			return false
		case e.secure != nil:
			freeTLSBuffers(e.secure)
		}
		break
	}
	return to.finish()
}

// input returns what is read to get what the end has sent.
func (e *relayEnd) input() io.Reader {
	if e.secure != nil {
		return e.secure
	}
	return e
}

// write passes bytes to the end.
func (e *relayEnd) write(p []byte) (err error) {
	if e.secure != nil {
		_, err = e.secure.Write(p)
	} else {
		_, err = e.Write(p)
	}
	e.to.bytes.Add(uint64(len(p)))
	return err
}

// finish ends the direction to the end after its last bytes, if the other end has ended. It returns
// false if the relay must end.
func (e *relayEnd) finish() bool {
	if e.other.ended && !e.last && len(e.unsent) == 0 {
		e.last = true
		if e.secure != nil && e.secure.CloseWrite() != nil {
			return false
		}
	}
	if e.last && !e.shut && len(e.unsent) == 0 {
		e.shut = true
		return unix.Shutdown(e.fd, unix.SHUT_WR) == nil
	}
	return true
}

// flush writes what is unsent, as far as there is room for it.
func (e *relayEnd) flush() error {
	for len(e.unsent) > 0 {
		n, errno := writeFD(e.fd, e.unsent)
		if errno == unix.EAGAIN {
			return nil
		}
		if errno != 0 {
			return os.NewSyscallError("write", errno)
		}
		e.to.taken.Add(1)
		e.unsent = e.unsent[n:]
	}
	e.unsent = nil
	return nil
}

// watch makes the poller wait for what is to be done next.
func (e *relayEnd) watch() error {
	var events uint32
	if !e.ended && len(e.other.unsent) == 0 {
		events |= unix.EPOLLIN
	}
	waits := len(e.unsent) > 0
	if waits {
		events |= unix.EPOLLOUT
	}
	if waits != e.to.waits.Load() {
		e.to.waits.Store(waits)
	}
	return e.await(events)
}

// await makes the poller wait for events, in the set to which the end belongs now.
func (e *relayEnd) await(events uint32) error {
	in := e.relay.set.atTicks
	if e.isUrgent() {
		in = e.relay.set.atOnce
	}
	before := e.events
	if before != 0 && in != e.in {
		e.in.remove(e.fd)
		before = 0
	}
	e.in, e.events = in, events
	return in.change(e.fd, before, events)
}

// isUrgent reports whether the end is to be served at once: its relay is new, or the end sends much
// or takes little at a time, which would wait for many ticks.
func (e *relayEnd) isUrgent() bool {
	r := e.relay
	return len(e.unsent) > 0 || e.passed >= relayChunk || r.set.now.Sub(r.made) < r.set.newFor
}

// Read implements net.Conn. At the end of its turn the end has no more input.
func (e *relayEnd) Read(p []byte) (int, error) {
	if e.budget <= 0 {
		return 0, errNoInput
	}
	p = p[:min(len(p), e.budget)]
	n, errno := readFD(e.fd, p)
	switch {
	case errno == unix.EAGAIN:
		return 0, errNoInput
	case errno != 0:
		return 0, os.NewSyscallError("read", errno)
	case n == 0:
		return 0, io.EOF
	}
	if e.budget -= n; n < len(p) {
		e.budget = 0 // there was no more
	}
	return n, nil
}

// Write implements net.Conn.
func (e *relayEnd) Write(p []byte) (n int, err error) {
	n = len(p)
	for len(p) > 0 && len(e.unsent) == 0 {
		sent, errno := writeFD(e.fd, p)
		if errno == unix.EAGAIN {
			break
		}
		if errno != 0 {
			return 0, os.NewSyscallError("write", errno)
		}
		e.to.taken.Add(1)
		p = p[sent:]
	}
	if len(e.unsent)+len(p) > maxUnsent {
		return 0, errUnsent
	}
	e.unsent = append(e.unsent, p...)
	return n, nil
}

// Close and the methods below implement net.Conn. crypto/tls calls no other than SetWriteDeadline,
// before it writes an alert, which does not wait here.
func (e *relayEnd) Close() error                     { return nil }
func (e *relayEnd) LocalAddr() net.Addr              { return nil }
func (e *relayEnd) RemoteAddr() net.Addr             { return nil }
func (e *relayEnd) SetDeadline(time.Time) error      { return nil }
func (e *relayEnd) SetReadDeadline(time.Time) error  { return nil }
func (e *relayEnd) SetWriteDeadline(time.Time) error { return nil }
