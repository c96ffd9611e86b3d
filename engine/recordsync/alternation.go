package recordsync

import (
	"sync"
	"time"
)

// alternation detects that this server and another program save a record in turns, such as a second
// server on the same API, or an editor that saves on its own. The zero value has detected nothing.
type alternation struct {
	saved    bool      // a draft was saved here after the last external change
	count    int       // external changes, each after a draft of ours
	since    time.Time // when the first of them came
	notified time.Time // when peers were last notified
}

const (
	alternationLimit  = 3                // external changes in one window before peers are notified
	alternationWindow = 10 * time.Minute // also the least time between two notices in a room
	alternationPause  = time.Minute      // the least time between two log lines of all rooms
)

// externalChange counts an external change, and reports whether peers are to be notified.
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

// logPause allows one line of the log in alternationPause. The zero value allows the first at once.
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
