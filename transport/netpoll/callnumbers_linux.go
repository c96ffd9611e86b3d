//go:build linux && !386 && !s390x

package netpoll

import "golang.org/x/sys/unix"

// The calls that read and write a socket.
const (
	recvCall = unix.SYS_RECVFROM
	sendCall = unix.SYS_SENDTO
)
