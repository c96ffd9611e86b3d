// Package piececache keeps what large documents were compressed to for their last snapshot.
// Most of a document was in that, so the next snapshot compresses only what is new. The cache
// is bounded in bytes and in age, and holds the rooms that were saved last.
//
// A Cache has no lock, and is used by one goroutine at a time. It has no clock: the time is
// passed in.
package piececache

import (
	"container/list"
	"time"

	"github.com/civicpress/civic-realtime/codec/snapshot"
)

// MinState is the length in bytes of the smallest state whose pieces are kept: smaller ones
// are not worth the memory.
const MinState = 64 << 10

// Cache has the pieces of rooms by their names, as they outlive a room that is unloaded and
// loaded again.
type Cache struct {
	limit int           // of bytes
	age   time.Duration // for which pieces are kept without being used
	size  func(bytes int)

	bytes int
	rooms map[string]*list.Element
	used  list.List // of *entry, the last used at the end
}

type entry struct {
	room   string
	pieces snapshot.Pieces
	bytes  int
	used   time.Time
}

// New returns a cache of at most limit bytes, which keeps pieces for age after their last
// use. It calls size when its size changes.
func New(limit int, age time.Duration, size func(bytes int)) *Cache {
	return &Cache{limit: limit, age: age, size: size, rooms: make(map[string]*list.Element)}
}

// Append appends a snapshot of a room, made of the pieces of the last one where they are kept.
// cuts are the positions at which the state may be cut into pieces.
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
		c.Drop(c.oldest().room)
	}
	return dst, err
}

func (c *Cache) use(room string, now time.Time) *entry {
	at, ok := c.rooms[room]
	if !ok {
		at = c.used.PushBack(&entry{room: room})
		c.rooms[room] = at
	}
	c.used.MoveToBack(at)
	e := at.Value.(*entry)
	e.used = now
	return e
}

// oldest is the entry that was used first; there must be one.
func (c *Cache) oldest() *entry { return c.used.Front().Value.(*entry) }

func (c *Cache) resize(e *entry, bytes int) {
	c.bytes += bytes - e.bytes
	e.bytes = bytes
	c.size(c.bytes)
}

// Drop drops the pieces of a room, if there are any.
func (c *Cache) Drop(room string) {
	if at, ok := c.rooms[room]; ok {
		c.resize(at.Value.(*entry), 0)
		c.used.Remove(at)
		delete(c.rooms, room)
	}
}

// Due is when Expire next has something to do, zero if the cache is empty.
func (c *Cache) Due() time.Time {
	if c.used.Len() == 0 {
		return time.Time{}
	}
	return c.oldest().used.Add(c.age)
}

// Expire drops the pieces that were not used for the cache's age.
func (c *Cache) Expire(now time.Time) {
	for c.used.Len() > 0 && !now.Before(c.Due()) {
		c.Drop(c.oldest().room)
	}
}
