//go:build linux && (386 || s390x)

package netpoll

import "golang.org/x/sys/unix"

// The calls that read and write a socket. These architectures have no calls for sockets only; read
// and write ignore the flags, so such a socket must be non-blocking.
const (
	recvCall = unix.SYS_READ
	sendCall = unix.SYS_WRITE
)
