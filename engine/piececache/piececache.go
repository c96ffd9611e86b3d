// Package piececache keeps the compressed pieces of the last snapshots of large documents. Most of
// a document is unchanged since its last snapshot, so the next one compresses only the new pieces.
// The cache is bounded in bytes and in age, and keeps the rooms that were saved last.
//
// A Cache has no lock, and is used by one goroutine at a time. It has no clock: the time is passed
// in.
package piececache

import (
	"math"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// MinState is the length in bytes of the smallest state whose pieces are kept. Smaller ones are not
// worth the memory.
const MinState = 64 << 10

// Cache has the pieces of rooms. They are found by name, as they outlive a room that is unloaded
// and loaded again.
type Cache struct {
	limit int // of bytes
	age   func() time.Duration
	size  func(bytes int)

	bytes int
	rooms *simplelru.LRU[string, *entry]
}

type entry struct {
	pieces snapshot.Pieces
	bytes  int
	used   time.Time
}

// New returns a cache of at most limit bytes. age returns for how long it keeps pieces after their
// last use, and size is called when its size has changed.
func New(limit int, age func() time.Duration, size func(bytes int)) *Cache {
	c := &Cache{limit: limit, age: age, size: size}
	removed := func(_ string, e *entry) { c.resize(e, 0) }
	// The bound is limit. NewLRU fails only for a size below 1.
	c.rooms, _ = simplelru.NewLRU(math.MaxInt, removed)
	return c
}

// Append appends a snapshot of a room, and makes use of the pieces of the last one, if they are
// kept. cuts are the positions at which the state may be cut into pieces.
func (c *Cache) Append(
	dst []byte, room string, s snapshot.Snapshot, cuts []int, a snapshot.Algorithm, now time.Time,
) ([]byte, error) {
	if len(s.State) < MinState {
		c.Drop(room)
		return snapshot.Append(dst, s, a)
	}
	e := c.use(room, now)
	dst, err := e.pieces.Append(dst, s, cuts, a)
	c.resize(e, e.pieces.Size())
	for c.bytes > max(c.limit, 0) {
		c.rooms.RemoveOldest()
	}
	return dst, err
}

func (c *Cache) use(room string, now time.Time) *entry {
	e, ok := c.rooms.Get(room)
	if !ok {
		e = &entry{}
		c.rooms.Add(room, e)
	}
	e.used = now
	return e
}

func (c *Cache) resize(e *entry, bytes int) {
	c.bytes += bytes - e.bytes
	e.bytes = bytes
	c.size(c.bytes)
}

// Drop drops the pieces of a room, if there are any.
func (c *Cache) Drop(room string) { c.rooms.Remove(room) }

// Due returns when Expire next has something to do; zero if the cache is empty.
func (c *Cache) Due() time.Time {
	_, oldest, ok := c.rooms.GetOldest()
	if !ok {
		return time.Time{}
	}
	return oldest.used.Add(c.age())
}

// Expire drops the pieces that were not used for the cache's age.
func (c *Cache) Expire(now time.Time) {
	for c.rooms.Len() > 0 && !now.Before(c.Due()) {
		c.rooms.RemoveOldest()
	}
}
