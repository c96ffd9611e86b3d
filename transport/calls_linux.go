//go:build linux && !386 && !s390x

package transport

import "syscall"

// What a socket is read and written with.
const (
	recvCall = syscall.SYS_RECVFROM
	sendCall = syscall.SYS_SENDTO
)
