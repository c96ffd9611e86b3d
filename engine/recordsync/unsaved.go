package recordsync

import (
	"sync"
	"time"
)

// unsaved are the records with edits that are in no draft, and the time of the oldest edit
// of each.
type unsaved struct {
	mu    sync.Mutex // a leaf
	since map[*Record]time.Time
}

func (u *unsaved) add(r *Record, since time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.since == nil {
		u.since = make(map[*Record]time.Time)
	}
	u.since[r] = since
}

func (u *unsaved) remove(r *Record) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.since, r)
}

// age is that of the oldest edit, in seconds.
func (u *unsaved) age() (seconds float64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, since := range u.since {
		seconds = max(seconds, time.Since(since).Seconds())
	}
	return seconds
}

func (u *unsaved) count() float64 {
	u.mu.Lock()
	defer u.mu.Unlock()
	return float64(len(u.since))
}
