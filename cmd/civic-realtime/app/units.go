package app

import (
	"time"

	"github.com/civicpress/civic-realtime/engine"
)

// times returns n units, or engine.Never if that would be longer.
func times(n int, unit time.Duration) time.Duration {
	return time.Duration(min(n, int(engine.Never/unit))) * unit
}
