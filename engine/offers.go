package engine

import (
	"slices"
	"sync"
	"sync/atomic"
)

// offers are rows that were cut apart from the flusher, which takes them into its next
// commit. They are in memory of their own.
type offers struct {
	waiting atomic.Int32

	mu    sync.Mutex // a leaf
	rooms []*room
	rows  [][]byte // of rooms, in step with it
}

// add offers a row, unless it is nil.
func (o *offers) add(r *room, row []byte) {
	if row == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.rooms, o.rows = append(o.rooms, r), append(o.rows, row)
	o.waiting.Add(1)
}

// all is the rooms whose rows wait.
func (o *offers) all() []*room {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.rooms)
}

// some says whether there are any.
func (o *offers) some() bool { return o.waiting.Load() > 0 }

// take returns them all, which are not offered any more.
func (o *offers) take() (rooms []*room, rows [][]byte) {
	if !o.some() {
		return nil, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	rooms, rows = o.rooms, o.rows
	o.rooms, o.rows = nil, nil
	o.waiting.Store(0)
	return rooms, rows
}
