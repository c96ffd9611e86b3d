package view

import "sync"

// pool has the memory of views that were released. The garbage collector empties it.
var pool = sync.Pool{New: func() any { return emptyView() }}

func emptyView() *View {
	return &View{
		roots:    make(map[string]int32),
		keyOf:    make(map[string]int32),
		indexed:  make(map[entryID]int32),
		maxSteps: DefaultMaxSteps,
	}
}

// Limits of what a view that is released leaves to the next one.
const (
	maxPooledItems = 1 << 17 // some 20 MB of items with what they refer to
	maxPooledKeys  = 1 << 13 // clearing a map costs what it once held
)

// Release gives the memory of a view to the next one. Neither the view nor what it handed out may be used after it,
// but for strings. Who does not release a view leaves it to the garbage collector.
func (v *View) Release() {
	if cap(v.items) > maxPooledItems || len(v.indexed) > maxPooledKeys || len(v.keyOf) > maxPooledKeys {
		return
	}
	clear(v.roots)
	clear(v.keyOf)
	clear(v.indexed)
	clear(v.types)
	clear(v.keys)
	*v = View{
		clients: v.clients[:0], items: v.items[:0], types: v.types[:0], keys: v.keys[:0], strays: v.strays[:0],
		roots: v.roots, keyOf: v.keyOf, entries: v.entries[:0], indexed: v.indexed,
		refs: v.refs[:0], points: v.points[:0], firsts: v.firsts[:0], spare: v.spare[:0], gone: v.gone[:0], maxSteps: DefaultMaxSteps,
	}
	pool.Put(v)
}
