package bolt

import (
	"os"
	"syscall"
)

// syncData puts what is in the file on the disk, and what it takes to find it.
func syncData(file *os.File) error {
	for {
		if err := syscall.Fdatasync(int(file.Fd())); err != syscall.EINTR {
			return os.NewSyscallError("fdatasync", err)
		}
	}
}
