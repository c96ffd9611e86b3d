//go:build unix

package operate

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

// resized returns a channel that receives when the terminal gets another size, until stop is
// called.
func resized() (c <-chan os.Signal, stop func()) {
	changed := make(chan os.Signal, 1)
	signal.Notify(changed, syscall.SIGWINCH)
	return changed, func() { signal.Stop(changed) }
}

// alive reports whether a process exists. The token is not sent to an address that a process that
// has ended has left behind, as anybody may listen there.
func alive(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }
