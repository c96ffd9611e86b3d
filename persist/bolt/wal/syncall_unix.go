//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package wal

import "golang.org/x/sys/unix"

// syncAll syncs all file systems to the disk.
func syncAll() error {
	unix.Sync()
	return nil
}
