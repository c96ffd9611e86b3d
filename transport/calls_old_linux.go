//go:build linux && (386 || s390x)

package transport

import "syscall"

// What a socket is read and written with: these have no calls of its own for a socket. They ignore the flags.
const (
	recvCall = syscall.SYS_READ
	sendCall = syscall.SYS_WRITE
)
