package recordsync

import (
	"sync"
	"time"
)

// alternation notices that a record is saved here and somewhere else in turns, as by a
// second server on the same API, or by an editor that saves by itself. The zero value has
// noticed nothing.
type alternation struct {
	saved    bool      // a draft was saved here after the last external change
	count    int       // external changes that each followed a draft of ours
	since    time.Time // the first of them
	notified time.Time
}

const (
	alternationLimit  = 3                // so many within
	alternationWindow = 10 * time.Minute // are noticed, once in that time
	alternationPause  = time.Minute      // between two lines of the log, about whatever rooms
)

// externalChange counts one, and reports that peers are to be notified.
func (a *alternation) externalChange(now time.Time) bool {
	if !a.saved {
		return false
	}
	if a.saved = false; now.Sub(a.since) > alternationWindow {
		a.count, a.since = 0, now
	}
	a.count++
	recent := !a.notified.IsZero() && now.Sub(a.notified) < alternationWindow
	if a.count < alternationLimit || recent {
		return false
	}
	a.notified = now
	return true
}

// logPause spaces lines of the log by alternationPause. The zero value allows the first.
type logPause struct {
	mu   sync.Mutex // a leaf
	next time.Time
}

func (p *logPause) allow(now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if now.Before(p.next) {
		return false
	}
	p.next = now.Add(alternationPause)
	return true
}
