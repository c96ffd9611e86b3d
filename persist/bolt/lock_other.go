//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package bolt

import (
	"io/fs"
	"os"
)

// lockFile leaves the lock to bbolt, which takes it in another way here.
func lockFile(*os.File) error { return nil }

// syncAll has no way to do what its name says here.
func syncAll() error { return fs.ErrPermission }
