package transport

import (
	"os"
	"syscall"
	"unsafe"
)

// The system calls below never block, and the Go runtime is not told of them: being
// told sets its monitor going, a thread that for milliseconds looks every 20 µs whether
// they do. On a server that mostly idles that is a quarter of what it takes.

// epoll is a set of sockets of which the kernel says which are ready.
type epoll struct{ fd int }

func newEpoll() (epoll, error) {
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC) // -1 after an error
	return epoll{fd}, os.NewSyscallError("epoll_create1", err)
}

// add can fail for want of memory only.
func (e epoll) add(fd int, events uint32) error {
	return e.control(syscall.EPOLL_CTL_ADD, fd, events)
}

// again has a socket reported that was added to be reported once.
func (e epoll) again(fd int, events uint32) { _ = e.control(syscall.EPOLL_CTL_MOD, fd, events) }

func (e epoll) remove(fd int) { _ = e.control(syscall.EPOLL_CTL_DEL, fd, 0) }

func (e epoll) control(op, fd int, events uint32) error {
	event := syscall.EpollEvent{Events: events, Fd: int32(fd)}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_CTL, uintptr(e.fd), uintptr(op), uintptr(fd), uintptr(unsafe.Pointer(&event)), 0, 0)
	if errno != 0 {
		return os.NewSyscallError("epoll_ctl", errno)
	}
	return nil
}

// ready fills in which are ready now, and does not wait.
func (e epoll) ready(events []syscall.EpollEvent) []syscall.EpollEvent {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(e.fd), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
		if errno != syscall.EINTR {
			return events[:max(0, int(n))]
		}
	}
}

// watched is e as a file that is readable when some of its sockets are ready, so that a
// goroutine can wait for that as it does for any connection. Closing the file ends e.
func (e epoll) watched() (*os.File, error) {
	if err := syscall.SetNonblock(e.fd, true); err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(e.fd), "epoll"), nil
}

func (e epoll) close() { _ = syscall.Close(e.fd) }

// readFD and writeFD do what recv(2) and send(2) do, which is less than read(2) and
// write(2) for a socket.
func readFD(fd int, p []byte) (int, syscall.Errno) {
	return transfer(recvCall, fd, p, syscall.MSG_DONTWAIT)
}

func writeFD(fd int, p []byte) (int, syscall.Errno) {
	return transfer(sendCall, fd, p, syscall.MSG_DONTWAIT|syscall.MSG_NOSIGNAL)
}

// transfer reads or writes at a socket; p is not empty.
func transfer(call uintptr, fd int, p []byte, flags uintptr) (int, syscall.Errno) {
	for {
		n, _, errno := syscall.RawSyscall6(call, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		switch errno {
		case 0:
			return int(n), 0
		case syscall.EINTR:
		default:
			return 0, errno
		}
	}
}
