package groupcommit

import (
	"slices"
	"sync"
	"sync/atomic"
)

// waitingRows has the rows that were made by other goroutines than the Flusher's, for its next
// commit. They are in memory of their own.
type waitingRows struct {
	n atomic.Int32 // the number of rows

	mu    sync.Mutex // a leaf
	rooms []Room
	rows  [][]byte // of rooms, by the same index
}

// add adds a row, unless it is nil.
func (w *waitingRows) add(r Room, row []byte) {
	if row == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.rooms, w.rows = append(w.rooms, r), append(w.rows, row)
	w.n.Add(1)
}

// of returns the rooms whose rows wait.
func (w *waitingRows) of() []Room {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.rooms)
}

// any reports whether there are rows.
func (w *waitingRows) any() bool { return w.n.Load() > 0 }

// take removes and returns all rows.
func (w *waitingRows) take() (rooms []Room, rows [][]byte) {
	if !w.any() {
		return nil, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	rooms, rows = w.rooms, w.rows
	w.rooms, w.rows = nil, nil
	w.n.Store(0)
	return rooms, rows
}
