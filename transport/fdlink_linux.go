package transport

import (
	"net"
	"os"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// fdLink is a link over a TCP socket of our own, which a poller reads.
type fdLink struct {
	poller *poller
	conn   *conn

	life sync.Mutex  // a leaf; guards the socket's end
	fd   int         // -1 from close on
	cut  atomic.Bool // shut has been called
	seen atomic.Bool // it is in one of its poller's sets: reading is held for moments only

	// Guarded by conn.reading.
	in     watching
	since  time.Time // when it was made
	listed bool      // in poller.talkers
	last   time.Time // when something last came
}

// watching says which of its poller's sets the link is in.
type watching uint8

const (
	unwatched watching = iota
	fresh
	prompt
	paced
	bulky
	ending // not read: its end is waited for
)

// newFDLink takes the socket out of tcp, which it closes. Go's runtime would be woken by
// whatever comes on a socket that is one of its own.
func newFDLink(c *conn, p *poller, tcp *net.TCPConn) (*fdLink, error) {
	raw, err := tcp.SyscallConn()
	if err != nil {
		return nil, err
	}
	fd := -1
	if ctlErr := raw.Control(func(own uintptr) { fd, err = dup(int(own)) }); ctlErr != nil {
		return nil, ctlErr
	}
	if err != nil {
		return nil, err
	}
	_ = tcp.Close()
	l := &fdLink{poller: p, conn: c, fd: fd, since: time.Now()}
	p.take(l)
	return l, nil
}

func dup(fd int) (int, error) {
	n, _, errno := syscall.Syscall(syscall.SYS_FCNTL, uintptr(fd), syscall.F_DUPFD_CLOEXEC, 0)
	if errno != 0 {
		return -1, os.NewSyscallError("fcntl", errno)
	}
	return int(n), nil
}

func (l *fdLink) watch() {
	switch {
	case l.in != unwatched:
	case time.Since(l.since) < freshFor:
		l.move(fresh)
	default:
		l.move(prompt)
	}
}

func (l *fdLink) unwatch() { l.move(unwatched) }

func (l *fdLink) watchEnd() { l.move(ending) }

func (l *fdLink) unread() bool {
	l.life.Lock()
	defer l.life.Unlock()
	_, _, err := syscall.Recvfrom(l.fd, make([]byte, 1), syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
	return err == nil
}

// move puts the link in a set, and out of the one that it is in.
func (l *fdLink) move(to watching) {
	if l.in != unwatched {
		l.poller.set(l.in).remove(l.fd)
	}
	l.in = to
	if l.seen.Store(to != unwatched); to == unwatched {
		return
	}
	events := uint32(syscall.EPOLLIN | syscall.EPOLLRDHUP)
	if to == ending {
		events = syscall.EPOLLRDHUP
	}
	if err := l.poller.set(to).add(l.fd, events); err != nil {
		l.in = unwatched
		l.seen.Store(false)
		go l.conn.lost()
	}
}

// linkTurn is about how many bytes of one link are read before others have their turn.
const linkTurn = 64 << 10

// tryReading takes reading, unless the link is not watched any more: then a goroutine of
// the connection's own may have it, and wait for a room.
func (l *fdLink) tryReading() bool {
	for l.seen.Load() {
		if l.conn.reading.TryLock() {
			return true
		}
		runtime.Gosched()
	}
	return false
}

// read reads what has come into buf, and hands it on. It says what that took, in bytes. The
// report may be old: a link that is not watched any more may be held for long.
func (l *fdLink) read(buf []byte) (cost int) {
	if !l.tryReading() {
		return 0
	}
	defer l.conn.reading.Unlock()
	if l.in == ending {
		l.move(unwatched)
		l.conn.hungUp()
		return 0
	}
	now := time.Now()
	if l.in == paced && l.waits(now) > 0 {
		return 0
	}
	for cost < linkTurn {
		if l.in == unwatched {
			return cost
		}
		if l.cut.Load() {
			// What has come stays unread: so TCP resets the connection when it is closed,
			// and a client that goes on sending learns of it.
			l.conn.gone()
			return cost
		}
		part := l.slice(buf)
		n, errno := readFD(l.fd, part)
		switch {
		case errno == syscall.EAGAIN:
			return cost
		case errno != 0 || n == 0:
			l.conn.gone()
			return cost
		}
		cost += l.feed(part[:n])
		if l.pace(now); n < len(part) || l.in == bulky {
			return cost
		}
	}
	return cost
}

func (l *fdLink) write(p []byte) error {
	for len(p) > 0 {
		n, errno := writeFD(l.fd, p)
		if errno == syscall.EAGAIN {
			return l.writeSlowly(p)
		}
		if errno != 0 {
			return os.NewSyscallError("write", errno)
		}
		p = p[n:]
	}
	return nil
}

func (l *fdLink) unblock() {
	l.life.Lock()
	defer l.life.Unlock()
	l.poller.wake(l.fd, os.ErrDeadlineExceeded)
}

func (l *fdLink) halfClose() { l.shutdown(syscall.SHUT_WR) }

func (l *fdLink) shut() {
	l.cut.Store(true)
	l.shutdown(syscall.SHUT_RDWR)
}

func (l *fdLink) shutdown(how int) {
	l.life.Lock()
	defer l.life.Unlock()
	if l.fd >= 0 {
		_ = syscall.Shutdown(l.fd, how)
	}
}

func (l *fdLink) close() {
	l.life.Lock()
	defer l.life.Unlock()
	l.poller.drop(l)
	_ = syscall.Close(l.fd)
	l.fd = -1
}
