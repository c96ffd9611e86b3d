package netpoll

import (
	"errors"
	"net"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

var errNotTCP = errors.New("not a TCP connection")

// rawOf returns the socket of a TCP connection, or of one of TLS over that.
func rawOf(c net.Conn) (syscall.RawConn, error) {
	if tcp, ok := socketOf(c).(*net.TCPConn); ok {
		return tcp.SyscallConn()
	}
	return nil, errNotTCP
}

// dupOf returns another descriptor of the socket of a connection.
func dupOf(c net.Conn) (fd int, err error) {
	raw, err := rawOf(c)
	if err != nil {
		return -1, err
	}
	failed := raw.Control(func(own uintptr) {
		fd, err = unix.FcntlInt(own, unix.F_DUPFD_CLOEXEC, 0)
		err = os.NewSyscallError("fcntl", err)
	})
	if failed != nil {
		return -1, failed
	}
	return fd, err
}

// LimitSilence ends a connection whose other side, for d, acknowledges none of the bytes that were
// sent, as when its machine has lost power.
func LimitSilence(c net.Conn, d time.Duration) {
	if raw, err := rawOf(c); err == nil {
		_ = raw.Control(func(fd uintptr) {
			_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT,
				int(d.Milliseconds()))
		})
	}
}
