package engine

import (
	"sync"
	"time"
)

// compactor compacts documents that have no room for more, as deleted content must not count when
// updates are refused. It is apart from the saver, which may have to wait for the store. It works
// on copies, one at a time. Each room that needs it has a goroutine, which may wait for the room's
// lock.
type compactor struct {
	e *Engine

	working sync.Mutex // held while a copy is worked on, with no other lock
	mu      sync.Mutex // a leaf
	held    int        // bytes of the updates in compaction.updates of all rooms
}

const (
	// heldDocuments bounds the updates that wait for a compaction, of all rooms together: they may
	// be as long as so many of the largest documents. Updates beyond that are dropped, and
	// requested after the compaction.
	heldDocuments = 4
	// attemptGap is the least time between two compactions of a room that is full.
	attemptGap = time.Second
	// attemptShare is how many times as long as a compaction took its room goes without another
	// one.
	attemptShare = 4
)

// hold reserves n bytes for updates that wait, and returns false if they are too many. One update
// may be of any size. A negative n is released.
func (c *compactor) hold(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n > 0 && c.held > 0 && c.held+n > heldDocuments*c.e.cfg().DocumentBytes {
		return false
	}
	c.held += n
	return true
}

// holds returns how many bytes are reserved.
func (c *compactor) holds() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return float64(c.held)
}
