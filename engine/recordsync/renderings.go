package recordsync

import (
	"math"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
	"github.com/hashicorp/golang-lru/v2/simplelru"

	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/schedule"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

const (
	// renderingAge is how long a rendering is kept after its last use. A document that is
	// written to has a draft more often.
	renderingAge = 10 * time.Minute
	// maxSpareViews is how many views are kept for their memory.
	maxSpareViews = 2
	// maxSpareView is the most memory of such a view, in bytes.
	maxSpareView = 16 << 20
)

// rendering is the Markdown of a document's blocks, and a view whose memory the next one
// is built in.
type rendering struct {
	blocks prose.Rendering
	view   *view.View // nil for none
}

// renderings is a cache of rooms' renderings, with a limit in bytes. It drops the least recently
// used first. While it has any it also keeps a few views, for their memory.
type renderings struct {
	limit int // of all renderings, in bytes; none are kept if it is not positive
	size  *metrics.Gauge

	mu    sync.Mutex // a leaf, held for no other work
	bytes int
	rooms *simplelru.LRU[string, keptRendering]
	views []*view.View
}

type keptRendering struct {
	blocks prose.Rendering
	used   time.Time
}

func newRenderings(limit int, size *metrics.Gauge) *renderings {
	k := &renderings{limit: limit, size: size}
	removed := func(_ string, kept keptRendering) { k.grow(-kept.blocks.Size()) }
	// The limit is in bytes, so the number of rooms has none. No positive number is an error.
	k.rooms, _ = simplelru.NewLRU(math.MaxInt, removed)
	return k
}

// take removes a room's rendering and returns it, with a spare view. The caller owns both and puts
// them back.
func (k *renderings) take(room string) (r rendering) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n := len(k.views); n > 0 {
		r.view, k.views = k.views[n-1], k.views[:n-1]
		k.grow(-r.view.Memory())
	}
	if kept, ok := k.rooms.Peek(room); ok {
		r.blocks = kept.blocks
		k.rooms.Remove(room)
	}
	return r
}

// put keeps a room's rendering, whose view must not be used any more. Beyond the limit views are
// dropped first, then the least recently used renderings.
func (k *renderings) put(room string, r rendering, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.rooms.Remove(room)
	k.rooms.Add(room, keptRendering{r.blocks, now})
	k.grow(r.blocks.Size())
	k.keepView(r.view)
	if k.bytes > max(k.limit, 0) {
		k.dropViews()
	}
	for k.rooms.Len() > 0 && k.bytes > max(k.limit, 0) {
		k.rooms.RemoveOldest()
	}
}

func (k *renderings) keepView(v *view.View) {
	if v != nil && len(k.views) < maxSpareViews && v.Memory() <= maxSpareView {
		v.Release()
		k.views = append(k.views, v)
		k.grow(v.Memory())
	}
}

func (k *renderings) dropViews() {
	for _, v := range k.views {
		k.grow(-v.Memory())
	}
	k.views = nil
}

// drop removes a room's rendering.
func (k *renderings) drop(room string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.rooms.Remove(room) {
		k.dropUnused()
	}
}

// due returns when expire has something to do, zero if never.
func (k *renderings) due() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, oldest, ok := k.rooms.GetOldest(); ok {
		return oldest.used.Add(renderingAge)
	}
	return time.Time{}
}

// expire removes the renderings that were not used for renderingAge.
func (k *renderings) expire(now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for {
		_, oldest, ok := k.rooms.GetOldest()
		if !ok || !schedule.Reached(oldest.used.Add(renderingAge), now) {
			break
		}
		k.rooms.RemoveOldest()
	}
	k.dropUnused()
}

// dropUnused drops the views if no rendering is left.
func (k *renderings) dropUnused() {
	if k.rooms.Len() == 0 {
		k.dropViews()
	}
}

func (k *renderings) grow(bytes int) {
	k.bytes += bytes
	k.size.Set(float64(k.bytes))
}
