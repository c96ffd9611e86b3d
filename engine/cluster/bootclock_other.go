//go:build !linux

package cluster

import "time"

// bootTime returns the time since the process was started. It may stand still while the machine is
// suspended.
func bootTime() time.Duration { return processTime() }
