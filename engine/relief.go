package engine

import (
	"cmp"
	"slices"
	"time"
)

// RefuseRooms makes joins of rooms that are not loaded be refused, or not any more.
func (e *Engine) RefuseRooms(refuse bool) { e.refuseRooms.Store(refuse) }

// EvictIdle unloads up to n rooms without peers before their grace period ends, those first that
// have been without for the longest. They are saved before that, as always, and loaded again when
// somebody comes. It returns how many rooms will be unloaded, and waits for no room's lock.
func (e *Engine) EvictIdle(n int) (rooms int) {
	idle := e.roomMap.all()
	idle = slices.DeleteFunc(idle, func(r *room) bool {
		return r.stats.peers.Load() > 0 || r.stats.emptied.Load() == 0
	})
	slices.SortFunc(idle, func(a, b *room) int {
		return cmp.Compare(a.stats.emptied.Load(), b.stats.emptied.Load())
	})
	now := time.Now()
	for _, r := range idle {
		if rooms == n {
			break
		}
		r.mu.TryRun(func() {
			if len(r.peers) == 0 && r.waiters.Load() == 0 && r.graceEnd.After(now) {
				r.letGo(now)
				rooms++
			}
		})
	}
	return rooms
}
