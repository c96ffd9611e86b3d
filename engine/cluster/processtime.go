package cluster

import "time"

var processBegan = time.Now()

// processTime returns the time since the process was started, by Go's monotonic clock.
func processTime() time.Duration { return time.Since(processBegan) }
