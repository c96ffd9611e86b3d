package recordsync

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec"
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

// NoticeAlternation is sent once in alternationWindow.
const NoticeAlternation = "This record is also saved somewhere else, again and again: by an editor that is not part of this session, or by a second server. What is saved there is merged with what is written here"

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

// noteAlternation counts an external change; the room's lock is held.
func (r *Record) noteAlternation(c *comparison) {
	now := time.Now()
	a := &r.alternation
	if c.change != Edited || c.outcome == takeNothing || !a.externalChange(now) {
		return
	}
	r.s.metrics.alternations.Inc()
	r.room.Notify(codec.Warning, NoticeAlternation)
	if r.s.alternations.allow(now) {
		r.s.cfg.Log.Warn("record is saved here and somewhere else, again and again: is there a second server for the same CivicPress?",
			slog.String("room", r.room.Name()), slog.Int("times", a.count), slog.Duration("within", now.Sub(a.since)))
	}
}

// logPause spaces lines of the log by alternationPause. The zero value allows the first.
type logPause struct{ next atomic.Int64 } // Unix time in nanoseconds

func (p *logPause) allow(now time.Time) bool {
	next := p.next.Load()
	return now.UnixNano() >= next && p.next.CompareAndSwap(next, now.Add(alternationPause).UnixNano())
}
