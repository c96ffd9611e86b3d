package netpoll

import (
	"math"
	"time"
)

// activeEnds is how long an active connection is silent before it is idle again.
const activeEnds = 3 * time.Second

const (
	// readBuffer is the size of the buffer into which a poller reads for all its connections.
	readBuffer = 64 << 10
	// bulkPending is how many bytes of a message must be missing for its connection to be in the
	// set bulk.
	bulkPending = readBuffer / 4
)

// slice returns the part of buf to read into: as long as the missing part of a message that has
// begun, and little longer.
func (c *pollConn) slice(buf []byte) []byte {
	return buf[:min(len(buf), FirstRead+c.handler.Pending())]
}

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
