//go:build unix

package directconn

import (
	"errors"
	"io"
	"net"
	"os"
	"syscall"
	"unsafe"
)

// directConn is a connection whose reads and writes bypass Go's scheduler (RawSyscall).
type directConn struct {
	net.Conn
	raw syscall.RawConn
}

// Direct returns a connection that does the same, without the scheduler if that is possible.
func Direct(conn net.Conn) net.Conn {
	if s, ok := conn.(syscall.Conn); ok {
		if raw, err := s.SyscallConn(); err == nil {
			return &directConn{conn, raw}
		}
	}
	return conn
}

// maxTransfer is how much one call moves at most, in bytes, as meanwhile the processor serves no
// other goroutine.
const maxTransfer = 64 << 10

// Read implements net.Conn.
func (c *directConn) Read(p []byte) (n int, err error) {
	if len(p) == 0 {
		return 0, nil
	}
	var errno syscall.Errno
	err = c.raw.Read(func(fd uintptr) bool {
		n, errno = transfer(syscall.SYS_READ, fd, p)
		return errno != syscall.EAGAIN
	})
	switch {
	case err != nil:
		return 0, err
	case errno != 0:
		return 0, os.NewSyscallError("read", errno)
	case n == 0:
		return 0, io.EOF
	}
	return n, nil
}

// Write implements net.Conn.
func (c *directConn) Write(p []byte) (n int, err error) {
	var errno syscall.Errno
	err = c.raw.Write(func(fd uintptr) bool {
		for n < len(p) {
			var some int
			if some, errno = transfer(syscall.SYS_WRITE, fd, p[n:]); errno != 0 {
				return errno != syscall.EAGAIN
			}
			n += some
		}
		return true
	})
	if err == nil && errno != 0 {
		err = os.NewSyscallError("write", errno)
	}
	return n, err
}

// CloseWrite ends the direction to the other side.
func (c *directConn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// transfer reads or writes bytes, as many as go without waiting.
func transfer(call, fd uintptr, p []byte) (int, syscall.Errno) {
	p = p[:min(len(p), maxTransfer)]
	for {
		n, _, errno := syscall.RawSyscall(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))),
			uintptr(len(p)))
		switch errno {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
