//go:build !linux

package bolt

import "os"

// syncData puts what is in the file on the disk.
func syncData(file *os.File) error { return file.Sync() }
