//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package wal

import "golang.org/x/sys/unix"

// syncAll puts everything on the disk that is to be there.
func syncAll() error {
	unix.Sync()
	return nil
}
