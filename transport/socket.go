package transport

import (
	"io"
	"net"
	"sync"
	"syscall"
)

// socket is a TCP connection that is read and written as usual, but for one thing: the
// Go runtime is not told of the system calls. They never block, and being told it
// sets its monitor going, a thread that for milliseconds looks every 20 µs whether
// they do: on a server that mostly idles that is a quarter of what it takes.
type socket struct {
	net.Conn
	raw syscall.RawConn // nil: not a TCP connection
	in  transfer        // the read goroutine's
}

func newSocket(c net.Conn) socket {
	s := socket{Conn: c}
	if sc, ok := c.(syscall.Conn); ok && quick {
		s.raw, _ = sc.SyscallConn()
	}
	return s
}

// Read implements net.Conn.
func (s *socket) Read(p []byte) (int, error) {
	if s.raw == nil || len(p) == 0 {
		return s.Conn.Read(p)
	}
	t := &s.in
	if t.attempt == nil {
		t.attempt = t.read
	}
	t.buf = p
	err := s.raw.Read(t.attempt)
	t.buf = nil
	switch {
	case err != nil:
		return 0, err
	case t.errno != 0:
		return 0, s.failed("read", t.errno)
	case t.n == 0:
		return 0, io.EOF
	}
	return t.n, nil
}

// write is Write that calls waits, unless nil, before it has to wait.
func (s *socket) write(p []byte, waits func()) (int, error) {
	if s.raw == nil || len(p) == 0 {
		if waits != nil {
			waits()
		}
		return s.Conn.Write(p)
	}
	t := transfers.Get().(*transfer)
	defer transfers.Put(t)
	t.buf, t.n, t.waits = p, 0, waits
	err := s.raw.Write(t.attempt)
	t.buf, t.waits = nil, nil
	if err == nil && t.errno != 0 {
		err = s.failed("write", t.errno)
	}
	return t.n, err
}

func (s *socket) failed(op string, errno syscall.Errno) error {
	return &net.OpError{Op: op, Net: "tcp", Source: s.LocalAddr(), Addr: s.RemoteAddr(), Err: errno}
}

// transfer is a read or a write in progress.
type transfer struct {
	buf     []byte
	n       int // bytes done
	errno   syscall.Errno
	waits   func()                       // to be called before it has to wait; or nil
	attempt func(fd uintptr) (done bool) // t.read or t.write
}

// transfers are for writing.
var transfers = sync.Pool{New: func() any {
	t := new(transfer)
	t.attempt = t.write
	return t
}}

// read reads once.
func (t *transfer) read(fd uintptr) (done bool) {
	t.n, t.errno = readFD(fd, t.buf)
	return t.errno != syscall.EAGAIN
}

// write writes until all is written.
func (t *transfer) write(fd uintptr) (done bool) {
	for {
		var n int
		n, t.errno = writeFD(fd, t.buf[t.n:])
		if t.errno == syscall.EAGAIN {
			t.wait()
			return false
		}
		if t.errno != 0 {
			return true
		}
		if t.n += n; t.n == len(t.buf) {
			return true
		}
	}
}

func (t *transfer) wait() {
	if t.waits != nil {
		t.waits()
	}
}
