package netpoll

import (
	"math"
	"time"
)

const (
	// activeGap is the longest silence between two messages of an active connection.
	activeGap = time.Second
	// activeEnds is how long an active connection is silent before it is idle again.
	activeEnds = 3 * time.Second
)

// mayWait returns the time for which a paced connection need not be read.
func (c *pollConn) mayWait(now time.Time) time.Duration {
	if !c.lock.TryLock() {
		return 0 // input is being processed
	}
	defer c.lock.Unlock()
	return c.waits(now)
}

// waits is mayWait; lock is held.
func (c *pollConn) waits(now time.Time) time.Duration {
	if c.in != setPaced {
		return math.MaxInt64
	}
	return c.handler.MayWait(now)
}

// pace moves the connection to the set in which it belongs after input has come; lock is held.
func (c *pollConn) pace(now time.Time) {
	active, long := now.Sub(c.last) < activeGap, c.handler.Pending() >= bulkPending
	c.last = now
	switch {
	case c.in == setNone, c.in == setBulk && long:
	case long:
		c.move(setBulk)
	case c.in == setBulk:
		c.move(setNone)
		c.Watch()
	case c.in == setNew && now.Sub(c.made) < c.sets.newFor:
	case c.in != setPaced && active:
		if c.move(setPaced); !c.active {
			c.active = true
			c.sets.activate(c)
		}
	case c.in == setNew:
		c.move(setIdle)
	}
}

// staysActive reports whether input has come lately. If not, it makes the connection idle.
func (c *pollConn) staysActive(now time.Time) bool {
	if !c.lock.TryLock() {
		return true // input is being processed
	}
	defer c.lock.Unlock()
	if c.in != setNone && now.Sub(c.last) < activeEnds {
		return true
	}
	if c.active = false; c.in == setPaced {
		c.move(setIdle)
	}
	return false
}
