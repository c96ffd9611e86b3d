package engine

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/civicpress/civic-realtime/codec"
)

// contest notices that a record is saved here and somewhere else again and again, as by a
// second server on the same API, or by an editor that saves by itself. The zero value has
// noticed nothing. Guarded by room.mu.
type contest struct {
	saved bool      // a draft was saved here after the last change from outside
	turns int       // changes from outside that each followed a draft of ours
	since time.Time // the first of them
	told  time.Time
}

const (
	contestTurns  = 3                // so many within
	contestWindow = 10 * time.Minute // are a contest; it is told once in that time
	contestPause  = time.Minute      // between two lines in the log, of whatever rooms
)

const saidContested = "This record is also saved somewhere else, again and again: by an editor that is not part of this session, or by a second server. What is saved there is merged with what is written here"

// outside counts a change from outside, and says whether there is a contest to be told of.
func (c *contest) outside(now time.Time) bool {
	if !c.saved {
		return false
	}
	if c.saved = false; now.Sub(c.since) > contestWindow {
		c.turns, c.since = 0, now
	}
	if c.turns++; c.turns < contestTurns || !c.told.IsZero() && now.Sub(c.told) < contestWindow {
		return false
	}
	c.told = now
	return true
}

// contested tells of a contest; mu is held.
func (r *room) contested(now time.Time) {
	r.e.metrics.contests.Inc()
	r.notify(codec.Warning, saidContested)
	if r.e.clerks.contests.mayLog(r.e.clock(now)) {
		r.e.log.Warn("record is saved here and somewhere else, again and again: is there a second server for the same CivicPress?",
			slog.String("room", r.name), slog.Int("times", r.record.contest.turns), slog.Duration("within", now.Sub(r.record.contest.since)))
	}
}

// logPause keeps lines of a kind apart. The zero value lets the first pass.
type logPause struct{ next atomic.Int64 }

func (p *logPause) mayLog(now time.Duration) bool {
	next := p.next.Load()
	return int64(now) >= next && p.next.CompareAndSwap(next, int64(now+contestPause))
}
