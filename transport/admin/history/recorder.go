package history

import (
	"context"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// Recorder samples a server for the last hour. Use NewRecorder. Its methods are safe for concurrent
// use.
type Recorder struct {
	read func() Totals

	mu     sync.Mutex // a leaf; guards everything below
	before *Totals    // at the last sample; nil: Run has not begun
	ring   []api.Sample
	oldest int // index in ring once that is full
}

// NewRecorder returns a Recorder of what read returns, which has no samples before Run.
func NewRecorder(read func() Totals) *Recorder { return &Recorder{read: read} }

// Run takes a sample every Interval until ctx is done. It may be called once.
func (r *Recorder) Run(ctx context.Context) {
	first := r.read()
	r.mu.Lock()
	r.before = &first
	r.mu.Unlock()
	timer := time.NewTimer(untilNext(time.Now()))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		r.take(time.Now())
		timer.Reset(untilNext(time.Now()))
	}
}

// untilNext returns the time until the next sample, one and a half intervals at most. A timer may
// fire a little early.
func untilNext(now time.Time) time.Duration {
	return now.Add(Interval / 2).Truncate(Interval).Add(Interval).Sub(now)
}

// take takes a sample.
func (r *Recorder) take(now time.Time) {
	t := r.read()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := sampleOf(r.before, &t)
	s.At = now.Round(Interval).UTC()
	if r.before = &t; len(r.ring) < kept {
		r.ring = append(r.ring, s)
		return
	}
	r.ring[r.oldest] = s
	r.oldest = (r.oldest + 1) % kept
}

// Samples returns the samples of the last hour, the oldest first.
func (r *Recorder) Samples() []api.Sample {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := make([]api.Sample, 0, len(r.ring))
	return append(append(all, r.ring[r.oldest:]...), r.ring[:r.oldest]...)
}

// Reading is a reading of a server, and an earlier one.
type Reading struct {
	Before Totals `json:"before"` // at the last sample of the hour, or at the start
	Now    Totals `json:"now"`
}

// Read reads the server now.
func (r *Recorder) Read() Reading {
	now := r.read()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.before == nil {
		return Reading{now, now}
	}
	return Reading{*r.before, now}
}
