// Package renderings keeps documents in the formats that they were read in, by version. So a
// document that nobody has changed is not rendered again, and a text that a client sends is merged
// with the version that it was based on.
package renderings

import (
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Key names a rendering. The same key stands for the same content.
type Key struct {
	Room        roomkey.Key
	Incarnation uint64
	Version     uint64
	Format      string
	Fragment    string
}

// Rendering is a document in a format. It must not be changed.
type Rendering struct {
	Body []byte
	Root string // name of the text that can be edited; empty for other formats
}

// Cache keeps renderings within a number of bytes and a time; those that were used longest ago are
// dropped first. It has no goroutine: what is too old is dropped with the next call. Use New.
type Cache struct {
	mu    sync.Mutex // a leaf; guards everything below
	limit int        // of bytes
	keep  time.Duration
	bytes int
	known *simplelru.LRU[Key, entry]
}

type entry struct {
	Rendering
	used time.Time
}

// overhead is about how many bytes an entry needs beside its body.
const overhead = 256

// maxEntries is a bound that is never reached before that of bytes.
const maxEntries = 1 << 24

// New returns an empty cache.
func New(limit int, keep time.Duration) *Cache {
	c := &Cache{limit: limit, keep: keep}
	c.known, _ = simplelru.NewLRU(maxEntries, c.dropped) // fails only below 1
	return c
}

// dropped is called for each entry that leaves.
func (c *Cache) dropped(_ Key, e entry) { c.bytes -= len(e.Body) + overhead }

// SetLimits changes the limits.
func (c *Cache) SetLimits(limit int, keep time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.limit, c.keep = limit, keep
	c.shrink(time.Now())
}

// Get returns a rendering, and whether it is known.
func (c *Cache) Get(k Key) (Rendering, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	c.shrink(now)
	e, ok := c.known.Get(k)
	if ok {
		e.used = now
		c.add(k, e)
	}
	return e.Rendering, ok
}

// Put keeps a rendering, which it takes over. One that is larger than a quarter of the limit is not
// kept.
func (c *Cache) Put(k Key, r Rendering) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); len(r.Body) <= c.limit/4 {
		c.add(k, entry{r, now})
		c.shrink(now)
	}
}

// add adds or replaces an entry.
func (c *Cache) add(k Key, e entry) {
	c.known.Remove(k)
	c.known.Add(k, e)
	c.bytes += len(e.Body) + overhead
}

// shrink drops what is too old or too much.
func (c *Cache) shrink(now time.Time) {
	for {
		_, oldest, ok := c.known.GetOldest()
		if !ok || c.bytes <= c.limit && now.Sub(oldest.used) <= c.keep {
			return
		}
		c.known.RemoveOldest()
	}
}

// Bytes returns about how many bytes the cache has.
func (c *Cache) Bytes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}
