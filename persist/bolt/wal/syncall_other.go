//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package wal

import "io/fs"

// syncAll has no way to do what its name says here.
func syncAll() error { return fs.ErrPermission }
