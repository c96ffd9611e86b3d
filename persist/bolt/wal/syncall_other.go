//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package wal

import "io/fs"

// syncAll does nothing: this system has no such call.
func syncAll() error { return fs.ErrPermission }
