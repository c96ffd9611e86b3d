//go:build unix

package main

import (
	"os/signal"
	"syscall"
)

// ignoreFileLimit makes a write beyond the limit on the size of files (RLIMIT_FSIZE) fail
// as one does on a full disk, where it would end the process.
func ignoreFileLimit() { signal.Ignore(syscall.SIGXFSZ) }
