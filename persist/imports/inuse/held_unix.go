//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package inuse

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// Held reports whether another process holds a lock on a range of bytes of a file. length 0 stands
// for all bytes from start on. A file that does not exist is not locked.
func Held(name string, start, length int64) (bool, error) {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer f.Close()
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Whence: io.SeekStart, Start: start, Len: length}
	if err := syscall.FcntlFlock(f.Fd(), syscall.F_GETLK, &lock); err != nil {
		return false, os.NewSyscallError("fcntl", err)
	}
	return lock.Type != syscall.F_UNLCK, nil
}
