//go:build unix

package operate

import (
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
