//go:build !linux && !darwin && !freebsd && !netbsd && !openbsd && !dragonfly

package inuse

// Held knows of no locks here.
func Held(string, int64, int64) (bool, error) { return false, nil }
