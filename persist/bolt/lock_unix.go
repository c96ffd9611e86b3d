//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package bolt

import (
	"os"
	"syscall"
	"time"
)

// lockFile takes the lock that bbolt takes, for as long as the file is open, and tries as
// long as bbolt does.
func lockFile(file *os.File) error {
	for end := time.Now().Add(lockWait); ; time.Sleep(lockWait / 10) {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil || err != syscall.EWOULDBLOCK && err != syscall.EINTR || time.Now().After(end) {
			return os.NewSyscallError("flock", err)
		}
	}
}

// syncAll puts everything on the disk that is to be there.
func syncAll() error {
	syscall.Sync()
	return nil
}
