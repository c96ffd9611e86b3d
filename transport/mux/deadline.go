package mux

import (
	"sync"
	"time"
)

// deadline ends calls that wait for a sync.Cond. The Cond's lock guards it. nil is no deadline.
type deadline struct {
	passed bool
	timer  *time.Timer // nil if it had passed from the start
}

// newDeadline returns a deadline that wakes the calls waiting for c. The lock of c must be held.
func newDeadline(t time.Time, c *sync.Cond) *deadline {
	if t.IsZero() {
		return nil
	}
	d, left := new(deadline), time.Until(t)
	if left <= 0 {
		d.passed = true
		c.Broadcast()
		return d
	}
	d.timer = time.AfterFunc(left, func() {
		c.L.Lock()
		defer c.L.Unlock()
		d.passed = true
		c.Broadcast()
	})
	return d
}

// hasPassed reports whether calls must not wait any more.
func (d *deadline) hasPassed() bool { return d != nil && d.passed }

// stop stops the timer.
func (d *deadline) stop() {
	if d != nil && d.timer != nil {
		d.timer.Stop()
	}
}
