//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package netpoll

import (
	"net"
	"syscall"
)

// HasUnread reports whether bytes of a connection, or its end, wait in the kernel to be read.
func HasUnread(c net.Conn) (has bool) {
	socket, ok := c.(syscall.Conn)
	if !ok {
		return false
	}
	raw, err := socket.SyscallConn()
	if err != nil {
		return false
	}
	_ = raw.Control(func(fd uintptr) {
		var one [1]byte
		_, _, err := syscall.Recvfrom(int(fd), one[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		has = err == nil
	})
	return has
}
