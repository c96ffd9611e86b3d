package transport

import (
	"syscall"
	"unsafe"
)

// quick says that the functions below are better than net.Conn's.
const quick = true

func readFD(fd uintptr, p []byte) (int, syscall.Errno) {
	return transferFD(syscall.SYS_READ, fd, p)
}

func writeFD(fd uintptr, p []byte) (int, syscall.Errno) {
	return transferFD(syscall.SYS_WRITE, fd, p)
}

// transferFD makes a system call on a socket that does not block; p is not empty.
func transferFD(call, fd uintptr, p []byte) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
		switch errno {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
