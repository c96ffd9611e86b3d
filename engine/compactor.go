package engine

import (
	"sync"
	"time"
)

// compactor compacts documents that have no room for more, apart from the saver, which may have to
// wait for the store: what is deleted must not count when updates are refused. It works on copies,
// one at a time. Each room has a goroutine for that, which may wait for the room's lock.
type compactor struct {
	e *Engine

	working sync.Mutex // held while a copy is worked on, with no other lock
	mu      sync.Mutex // a leaf
	held    int        // bytes of updates in room.compaction.updates, of all rooms
}

const (
	// heldDocuments is how many of the largest documents the updates may take together that wait
	// for a compaction. Those that do not fit are dropped, and asked for after it.
	heldDocuments = 4
	// attemptGap is the least time between two compactions of a room that is full.
	attemptGap = time.Second
	// attemptShare is how many times as long as a compaction took the room goes without another.
	attemptShare = 4
)

// hold says whether n more bytes may be held, as may be one update of any size. Negative, they are
// let go of.
func (c *compactor) hold(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n > 0 && c.held > 0 && c.held+n > heldDocuments*c.e.cfg.DocumentBytes {
		return false
	}
	c.held += n
	return true
}

func (c *compactor) holds() float64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return float64(c.held)
}
