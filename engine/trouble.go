package engine

import (
	"errors"
	"log/slog"
	"time"

	exponential "github.com/cenkalti/backoff/v5"

	"github.com/civicpress/civic-realtime/codec"
)

// trouble is what a room has with saving drafts. The zero value is none. Guarded by room.mu.
type trouble struct {
	began   time.Time // the first attempt that failed
	retryAt time.Time
	refused bool // the last attempt failed for want of a credential that may save, or of a record to save to
	told    bool // the peers know
	pause   *exponential.ExponentialBackOff
}

const (
	saidKept  = "Your changes are kept here, but cannot be saved to the record at the moment"
	saidSaved = "Your changes are saved to the record again"
)

// Pauses between attempts; each is longer or shorter by half, at random.
const (
	firstPause   = time.Second
	longestPause = 20 * time.Second // and so 30 s
)

func newPause() *exponential.ExponentialBackOff {
	return &exponential.ExponentialBackOff{InitialInterval: firstPause, MaxInterval: longestPause, Multiplier: 2, RandomizationFactor: 0.5}
}

// relieve has the next attempt made at once, by somebody who may be able to.
func (t *trouble) relieve() {
	if t.refused {
		t.retryAt, t.pause = time.Time{}, nil
	}
}

// failed puts the next attempt off. The first failure is logged; of rooms that fail
// for the same time only one.
func (r *room) failed(began time.Time, err error) {
	r.lockForWork()
	defer r.mu.Unlock()
	rec, t := &r.record, &r.record.trouble
	now := time.Now()
	if rec.first.IsZero() {
		rec.first = now
	}
	if t.pause == nil {
		t.pause = newPause()
	}
	t.retryAt = now.Add(t.pause.NextBackOff())
	t.refused = errors.Is(err, ErrCredential) || errors.Is(err, ErrNoRecord)
	if t.began.IsZero() {
		t.began = began
		r.e.clerks.report(r, err)
	}
}

// relieved ends the trouble, as the draft is saved.
func (r *room) relieved() {
	r.lockForWork()
	defer r.mu.Unlock()
	if r.endTrouble() {
		r.notify(codec.Info, saidSaved)
	}
}

// endTrouble says whether the peers knew of it; mu is held.
func (r *room) endTrouble() (told bool) {
	t := r.record.trouble
	r.record.trouble = trouble{}
	if !t.began.IsZero() {
		r.e.clerks.reportEnd(r, t.began)
	}
	return t.told
}

// complaintDue is when peers are told of the trouble, zero if they need not be.
func (r *room) complaintDue() time.Time {
	t := &r.record.trouble
	if t.began.IsZero() || t.told {
		return time.Time{}
	}
	return t.began.Add(r.e.cfg.DraftPatience)
}

// complain tells them.
func (r *room) complain() {
	r.record.trouble.told = true
	r.notify(codec.Warning, saidKept)
}

// report logs that drafts are not saved, once until one is, and for a room that fails
// while others do not, once.
func (c *clerks) report(r *room, err error) {
	if !c.failing.Swap(true) {
		c.e.log.Error("drafts cannot be saved; they are kept and tried again", slog.String("room", r.name), slog.String("reason", err.Error()))
	}
}

func (c *clerks) reportEnd(r *room, began time.Time) {
	if c.failing.Swap(false) {
		c.e.log.Info("drafts can be saved again", slog.String("room", r.name), slog.Duration("after", time.Since(began)))
	}
}
