//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package pages

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Lock takes the lock that bbolt takes, for as long as the file is open, and tries for as long
// as wait.
func Lock(file *os.File, wait time.Duration) error {
	for end := time.Now().Add(wait); ; time.Sleep(wait / 10) {
		err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if err == nil || err != unix.EWOULDBLOCK && err != unix.EINTR || time.Now().After(end) {
			return os.NewSyscallError("flock", err)
		}
	}
}
