package netpoll

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// timerFD is a timer of the kernel that becomes ready in an epoll set when it expires. Go's own
// timers would also wake the runtime's monitor, and its poller once too early, as that has a
// resolution of milliseconds.
type timerFD struct{ fd int }

func newTimerFD() (timerFD, error) {
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	return timerFD{fd}, os.NewSyscallError("timerfd_create", err)
}

// set starts the timer, to expire once, after d. It is not ready until then.
func (t timerFD) set(d time.Duration) { t.settime(max(1, d)) }

func (t timerFD) settime(d time.Duration) {
	timerfdSettime(t.fd, &unix.ItimerSpec{Value: unix.NsecToTimespec(int64(d))})
}

// stop stops the timer.
func (t timerFD) stop() { t.settime(0) }

func (t timerFD) close() { _ = unix.Close(t.fd) }
