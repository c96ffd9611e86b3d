package netpoll

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The calls below never block, and bypass Go's scheduler (RawSyscall6). A call that the scheduler
// knows of wakes the runtime's monitor, a thread that for milliseconds checks every 20 µs whether
// the call blocks; on a server that is mostly idle that is a quarter of the load. For these
// calls, golang.org/x/sys/unix goes through the scheduler.

// readFD and writeFD are recv(2) and send(2), which do less for a socket than read(2) and write(2).
// p is not empty.
func readFD(fd int, p []byte) (int, syscall.Errno) {
	return transfer(recvCall, fd, p, unix.MSG_DONTWAIT)
}

func writeFD(fd int, p []byte) (int, syscall.Errno) {
	return transfer(sendCall, fd, p, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
}

func transfer(call uintptr, fd int, p []byte, flags uintptr) (int, syscall.Errno) {
	for {
		n, _, errno := unix.RawSyscall6(call, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), flags, 0, 0)
		switch errno {
		case 0:
			return int(n), 0
		case unix.EINTR:
		default:
			return 0, errno
		}
	}
}

// timerfdSettime starts or stops a timer, which never waits.
func timerfdSettime(fd int, spec *unix.ItimerSpec) {
	_, _, _ = unix.RawSyscall6(unix.SYS_TIMERFD_SETTIME, uintptr(fd), 0,
		uintptr(unsafe.Pointer(spec)), 0, 0, 0)
}

// epollWait returns the events that there are now, in the memory of events, and does not wait.
func epollWait(fd int, events []unix.EpollEvent) []unix.EpollEvent {
	for {
		n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(fd),
			uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
		if errno != unix.EINTR {
			return events[:max(0, int(n))]
		}
	}
}
