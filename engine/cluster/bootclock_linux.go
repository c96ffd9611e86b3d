package cluster

import (
	"time"

	"golang.org/x/sys/unix"
)

// bootTime returns the time since the machine was started. It goes on while the machine is
// suspended, as the time of leases does in Redis; Go's monotonic time stands still then.
func bootTime() time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &t); err != nil {
		return processTime()
	}
	return time.Duration(t.Nano())
}
