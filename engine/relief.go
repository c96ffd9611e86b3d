package engine

import (
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/engine/schedule"
)

// reliefAfter is how long a commit may take before the flusher is relieved of all else.
const reliefAfter = 50 * time.Millisecond

// relief takes the flusher's place while a commit lasts. A store that stands still holds
// up what waits to be durable, and nothing else: presence is notified, and rooms go on.
type relief struct {
	f     *flusher
	timer *time.Timer   // begins work
	back  chan struct{} // the flusher is back; received by work

	mu       sync.Mutex // a leaf, for what the flusher hands to work
	noticeAt time.Time  // when people are notified that the store stands still

	due []*room // work's
}

func newRelief(f *flusher) *relief {
	l := &relief{f: f, back: make(chan struct{})}
	l.timer = time.AfterFunc(time.Hour, l.work)
	l.timer.Stop()
	return l
}

// begin is called when a commit begins, and end when it has ended. If it has not by noticeAt
// people are notified.
func (l *relief) begin(noticeAt time.Time) {
	l.mu.Lock()
	l.noticeAt = noticeAt
	l.mu.Unlock()
	l.timer.Reset(reliefAfter)
}

func (l *relief) end() {
	if !l.timer.Stop() {
		l.back <- struct{}{}
	}
}

// work does what is due in rooms. Rows that it cuts wait for the next commit.
func (l *relief) work() {
	l.f.e.metrics.slowCommits.Inc()
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	l.mu.Lock()
	noticeAt := l.noticeAt
	l.mu.Unlock()
	for _, r := range l.f.rooms {
		l.f.sendPresence(r)
	}
	for {
		now := time.Now()
		if schedule.Reached(noticeAt, now) {
			noticeAt = time.Time{}
			l.f.delay()
		}
		if next := schedule.Earliest(l.stepAll(now), noticeAt); next.IsZero() {
			alarm.Stop()
		} else {
			alarm.Reset(time.Until(next))
		}
		select {
		case <-l.back:
			return
		case <-l.f.e.sched.Wake():
		case <-alarm.C:
		}
	}
}

// stepAll returns when the next room is due, zero if none is.
func (l *relief) stepAll(now time.Time) (next time.Time) {
	l.due, next = l.f.e.sched.Take(now, l.due[:0])
	for _, r := range l.due {
		l.step(r, now)
	}
	clear(l.due)
	return next
}

func (l *relief) step(r *room, now time.Time) {
	var ended error
	defer r.guard(&ended)
	var row []byte
	stepped := r.mu.TryRun(func() {
		l.spare(r, now)
		if row, _ = r.step(now, nil); row != nil {
			r.flushPresence()
		}
	})
	if !stepped {
		l.f.deferStep(r, false)
	}
	l.f.offers.add(r, row)
}

// spare leaves the flush of a room that has much to commit to the flusher, which commits
// such rooms in portions, unless the store stands still for long. mu is held.
func (l *relief) spare(r *room, now time.Time) {
	if schedule.Reached(r.pacing.flushAt, now) && r.unflushed.Load() >= heavyRoom && !l.f.behind.Load() {
		r.flushPresence()
		r.pacing.flushAt = now.Add(reliefAfter)
	}
}

// wait begins or goes on to wait for the store, at now, and says when people are to be notified.
func (f *flusher) wait(now time.Time) time.Time {
	if f.waitsFrom.IsZero() {
		f.waitsFrom = now
	}
	return f.waitsFrom.Add(f.e.cfg.JournalPatience)
}

// delay notifies the rooms whose rows are not durable, and has those notified that follow.
func (f *flusher) delay() {
	f.behind.Store(true)
	for _, r := range f.rooms {
		r.runLocked(r.delay)
	}
	for _, r := range f.offers.all() {
		r.runLocked(r.delay)
	}
}
