package engine

import (
	"container/list"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"

	"github.com/civicpress/civic-realtime/engine/prose"
	"github.com/civicpress/civic-realtime/engine/ydoc/view"
)

const (
	// renderingAge is how long what a document was rendered to is kept after its last use. Who writes has a draft more often.
	renderingAge = 10 * time.Minute
	// maxSpareViews is how many views are kept for their memory.
	maxSpareViews = 2
	// maxSpareView is how much memory such a view takes at most, in bytes.
	maxSpareView = 16 << 20
)

// rendering is what a document was rendered to, and a view whose memory the next one is made in.
type rendering struct {
	blocks prose.Rendering
	view   *view.View // nil for none
}

// renderings keeps what the blocks of rooms' documents were rendered to, for their next drafts: those that were used
// last, up to a limit. As long as there are any it keeps the memory of a few views too. Its lock is held for no other lock and no work.
type renderings struct {
	limit int // of what is kept, in bytes; nothing if it is not positive
	size  *metrics.Gauge

	mu    sync.Mutex
	bytes int
	rooms map[string]*list.Element
	used  list.List // of *keptRendering, what was used last at the end
	views []*view.View
}

type keptRendering struct {
	room   string
	blocks prose.Rendering
	used   time.Time
}

func newRenderings(limit int, size *metrics.Gauge) *renderings {
	return &renderings{limit: limit, size: size, rooms: make(map[string]*list.Element)}
}

// take takes a room's rendering out, with the memory of a view. Whoever has taken it has it alone, and puts it back.
func (k *renderings) take(room string) (r rendering) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if n := len(k.views); n > 0 {
		r.view, k.views = k.views[n-1], k.views[:n-1]
		k.weigh(-r.view.Memory())
	}
	if at, ok := k.rooms[room]; ok {
		r.blocks = at.Value.(*keptRendering).blocks
		k.remove(at)
	}
	return r
}

// put keeps a room's rendering, whose view may not be used any more. Where all is more than the limit the views go, and then what was used longest ago.
func (k *renderings) put(room string, r rendering, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at, ok := k.rooms[room]; ok {
		k.remove(at)
	}
	k.rooms[room] = k.used.PushBack(&keptRendering{room, r.blocks, now})
	k.weigh(r.blocks.Size())
	k.keepView(r.view)
	if k.bytes > max(k.limit, 0) {
		k.dropViews()
	}
	for first := k.used.Front(); first != nil && k.bytes > max(k.limit, 0); first = k.used.Front() {
		k.remove(first)
	}
}

func (k *renderings) keepView(v *view.View) {
	if v != nil && len(k.views) < maxSpareViews && v.Memory() <= maxSpareView {
		v.Release()
		k.views = append(k.views, v)
		k.weigh(v.Memory())
	}
}

func (k *renderings) dropViews() {
	for _, v := range k.views {
		k.weigh(-v.Memory())
	}
	k.views = nil
}

// drop lets go of a room's rendering.
func (k *renderings) drop(room string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if at, ok := k.rooms[room]; ok {
		k.remove(at)
		k.dropUnused()
	}
}

// due is when something is to go, zero if there is nothing.
func (k *renderings) due() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	if first := k.used.Front(); first != nil {
		return first.Value.(*keptRendering).used.Add(renderingAge)
	}
	return time.Time{}
}

// expire lets go of what was not used for long.
func (k *renderings) expire(now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for first := k.used.Front(); first != nil && reached(first.Value.(*keptRendering).used.Add(renderingAge), now); first = k.used.Front() {
		k.remove(first)
	}
	k.dropUnused()
}

// dropUnused lets go of the views where there is nothing to be rendered again.
func (k *renderings) dropUnused() {
	if k.used.Len() == 0 {
		k.dropViews()
	}
}

func (k *renderings) remove(at *list.Element) {
	kept := k.used.Remove(at).(*keptRendering)
	delete(k.rooms, kept.room)
	k.weigh(-kept.blocks.Size())
}

func (k *renderings) weigh(bytes int) {
	k.bytes += bytes
	k.size.Set(float64(k.bytes))
}
