//go:build !linux && !darwin && !freebsd

package bolt

// freeBytes returns the free space of a folder's file system for this process; ok is false if it is
// not known.
func freeBytes(string) (n uint64, ok bool) { return 0, false }
