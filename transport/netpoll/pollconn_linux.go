package netpoll

import (
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// pollConn is a Conn over a TCP socket, which a poller reads.
type pollConn struct {
	sets    *sets // of its poller
	handler Handler
	lock    *sync.Mutex // the handler's
	made    time.Time
	secure  *secureSocket // nil: without TLS

	life  sync.Mutex    // a leaf; guards the end of the socket
	fd    int           // -1 after Close
	cut   atomic.Bool   // Shutdown has been called
	shown atomic.Uint32 // copy of in, to be read without lock

	// Guarded by lock.
	in     set
	active bool      // it is in sets.active
	last   time.Time // when input last came
}

// newPollConn takes the socket out of tcp, and closes tcp: all input of a socket that Go's runtime
// knows would wake the runtime.
func newPollConn(h Handler, lock *sync.Mutex, s *sets, tcp *net.TCPConn) (*pollConn, error) {
	fd, err := dupOf(tcp)
	if err != nil {
		return nil, err
	}
	_ = tcp.Close()
	c := &pollConn{sets: s, handler: h, lock: lock, fd: fd, made: time.Now()}
	s.add(c)
	return c, nil
}

func (c *pollConn) Watch() {
	switch {
	case c.in != setNone:
	case time.Since(c.made) < c.sets.newFor:
		c.move(setNew)
	default:
		c.move(setIdle)
	}
	if c.secure != nil && c.secure.more {
		go c.readMore()
	}
}

func (c *pollConn) Unwatch() { c.move(setNone) }

func (c *pollConn) WatchHangup() { c.move(setHangup) }

func (c *pollConn) Unread() bool {
	if c.secure != nil && c.secure.more {
		return true
	}
	c.life.Lock()
	defer c.life.Unlock()
	_, _, err := unix.Recvfrom(c.fd, make([]byte, 1), unix.MSG_PEEK|unix.MSG_DONTWAIT)
	return err == nil
}

// move takes the connection out of the set that it is in and puts it in another; lock is held.
func (c *pollConn) move(to set) {
	if c.in != setNone {
		c.sets.epoll(c.in).remove(c.fd)
	}
	c.in = to
	if c.shown.Store(uint32(to)); to == setNone {
		return
	}
	events := uint32(unix.EPOLLIN | unix.EPOLLRDHUP)
	if to == setHangup {
		events = unix.EPOLLRDHUP
	}
	if err := c.sets.epoll(to).add(c.fd, events); err != nil {
		c.in = setNone
		c.shown.Store(uint32(setNone))
		go c.lost()
	}
}

// lost ends a connection that cannot be watched.
func (c *pollConn) lost() {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.handler.Closed()
}

// readTurn is about how many bytes of one connection are read before others are read.
const readTurn = 64 << 10

// tryLock takes the lock, unless the connection is not watched any more. While it is watched lock
// is held for moments only; otherwise a goroutine of the handler may hold it for long, and wait.
func (c *pollConn) tryLock() bool {
	for set(c.shown.Load()) != setNone {
		if c.lock.TryLock() {
			return true
		}
		runtime.Gosched()
	}
	return false
}

// read reads input into buf, passes it to the handler and returns the cost of that in bytes. The
// kernel's report may be old, so the connection may not be watched any more.
func (c *pollConn) read(buf []byte) (cost int) {
	if !c.tryLock() {
		return 0
	}
	defer c.lock.Unlock()
	if c.in == setHangup {
		c.hangUp()
		return 0
	}
	now := time.Now()
	if c.in == setPaced && c.waits(now) > 0 {
		return 0
	}
	if c.secure != nil {
		return c.secure.readRecords(buf, now)
	}
	return c.readPieces(buf, now)
}

// hangUp reports that the client has hung up, if it has: the kernel's report may have been of input
// that came before the connection was watched for this.
func (c *pollConn) hangUp() {
	asked := []unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLRDHUP}}
	if n, err := unix.Poll(asked, 0); err == nil && n > 0 {
		c.move(setNone)
		c.handler.HungUp()
	}
}

func (c *pollConn) readPieces(buf []byte, now time.Time) (cost int) {
	for cost < readTurn && c.in != setNone {
		if c.cut.Load() {
			// The input stays unread, so that TCP resets the connection when it is closed, and a
			// client that goes on sending is informed.
			c.handler.Closed()
			return cost
		}
		part := c.slice(buf)
		n, errno := readFD(c.fd, part)
		switch {
		case errno == unix.EAGAIN:
			return cost
		case errno != 0 || n == 0:
			c.handler.Closed()
			return cost
		}
		cost += c.handler.Receive(part[:n])
		if c.pace(now); n < len(part) || c.in == setBulk {
			return cost
		}
	}
	return cost
}

func (c *pollConn) Write(p []byte) error {
	if c.secure != nil {
		return c.secure.write(p)
	}
	for len(p) > 0 {
		n, errno := writeFD(c.fd, p)
		if errno == unix.EAGAIN {
			return c.writeWaiting(p)
		}
		if errno != 0 {
			return os.NewSyscallError("write", errno)
		}
		p = p[n:]
	}
	return nil
}

func (c *pollConn) Unblock() {
	c.life.Lock()
	defer c.life.Unlock()
	c.sets.wake(c.fd, os.ErrDeadlineExceeded)
}

func (c *pollConn) CloseWrite() {
	if c.secure != nil {
		c.secure.closeWrite()
		return
	}
	c.shutdown(unix.SHUT_WR)
}

func (c *pollConn) Shutdown() {
	c.cut.Store(true)
	c.shutdown(unix.SHUT_RDWR)
}

func (c *pollConn) shutdown(how int) {
	c.life.Lock()
	defer c.life.Unlock()
	if c.fd >= 0 {
		_ = unix.Shutdown(c.fd, how)
	}
}

func (c *pollConn) Close() {
	c.life.Lock()
	defer c.life.Unlock()
	c.sets.remove(c.fd)
	_ = unix.Close(c.fd)
	c.fd = -1
}
