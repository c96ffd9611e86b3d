package transport

import "time"

// mayWait is for how long a link that is paced need not be read.
func (l *fdLink) mayWait(now time.Time) time.Duration {
	if !l.conn.reading.TryLock() {
		return 0 // what has come is being dealt with
	}
	defer l.conn.reading.Unlock()
	return l.waits(now)
}

// waits is mayWait; conn.reading is held.
func (l *fdLink) waits(now time.Time) time.Duration {
	if l.in != paced {
		return never
	}
	if l.conn.peer == nil {
		return 0
	}
	return l.conn.peer.MayWait(now)
}

// pace has the link read at the beats when its client talks, and in slices, in turn with others
// like it, when much is on its way, of a message, or to be dropped.
func (l *fdLink) pace(now time.Time) {
	talks, long := now.Sub(l.last) < talkGap, l.conn.phase == deaf || l.conn.frames.Pending() >= bulk
	l.last = now
	switch {
	case l.in == unwatched, l.in == bulky && long:
	case long:
		l.move(bulky)
	case l.in == bulky:
		l.moveBack()
	case l.in == fresh && now.Sub(l.since) < freshFor:
	case l.in != paced && talks:
		if l.move(paced); !l.listed {
			l.listed = true
			l.poller.talks(l)
		}
	case l.in == fresh:
		l.move(prompt)
	}
}

// moveBack ends the watch in slices.
func (l *fdLink) moveBack() {
	l.move(unwatched)
	l.watch()
}

// talksOn says whether the link's client has talked of late. If not, it is prompt again.
func (l *fdLink) talksOn(now time.Time) bool {
	if !l.conn.reading.TryLock() {
		return true // what it said is being dealt with
	}
	defer l.conn.reading.Unlock()
	if l.in != unwatched && now.Sub(l.last) < talkEnds {
		return true
	}
	if l.listed = false; l.in == paced {
		l.move(prompt)
	}
	return false
}
