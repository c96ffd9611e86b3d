package transport

import (
	"os"
	"syscall"
	"time"
	"unsafe"
)

// timerFD is a timer that is ready in a set of sockets when it has gone off. Go's own
// timers wake the runtime's monitor as well, and its poller once too early, as that
// counts in milliseconds.
type timerFD struct{ fd int }

func newTimerFD() (timerFD, error) {
	const monotonic = 1
	fd, _, errno := syscall.RawSyscall(syscall.SYS_TIMERFD_CREATE, monotonic, syscall.O_NONBLOCK|syscall.O_CLOEXEC, 0)
	if errno != 0 {
		return timerFD{-1}, os.NewSyscallError("timerfd_create", errno)
	}
	return timerFD{int(fd)}, nil
}

// set has it go off once, in d, and until then not be ready.
func (t timerFD) set(d time.Duration) { t.settime(max(1, d)) }

func (t timerFD) settime(d time.Duration) {
	spec := struct{ interval, value syscall.Timespec }{value: syscall.NsecToTimespec(int64(d))}
	_, _, _ = syscall.RawSyscall6(syscall.SYS_TIMERFD_SETTIME, uintptr(t.fd), 0, uintptr(unsafe.Pointer(&spec)), 0, 0, 0)
}

// stop has it not go off.
func (t timerFD) stop() { t.settime(0) }

func (t timerFD) close() { _ = syscall.Close(t.fd) }
