//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreFileLimit makes a write beyond the limit on file sizes (RLIMIT_FSIZE) fail like a write to
// a full disk. Otherwise it would end the process.
func ignoreFileLimit() { signal.Ignore(syscall.SIGXFSZ) }
