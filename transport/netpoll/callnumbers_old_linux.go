//go:build linux && (386 || s390x)

package netpoll

import "golang.org/x/sys/unix"

// The calls that read and write a socket. On these architectures they are not special to sockets,
// and ignore the flags, so such a socket must be non-blocking.
const (
	recvCall = unix.SYS_READ
	sendCall = unix.SYS_WRITE
)
