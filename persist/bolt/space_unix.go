//go:build linux || darwin || freebsd

package bolt

import "syscall"

// freeBytes returns the free space of a folder's file system for this process; ok is false if it is
// not known.
func freeBytes(dir string) (n uint64, ok bool) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return 0, false
	}
	return uint64(max(0, st.Bavail)) * uint64(st.Bsize), true
}
