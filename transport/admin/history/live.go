package history

import (
	"context"
	"sync"
	"time"

	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// LiveInterval is the time between two samples for those who watch.
const LiveInterval = 2 * time.Second

// Gather reads all servers whose samples are added up, by their names, and says which of them do
// not answer. It returns early when ctx is done.
type Gather func(ctx context.Context) (map[string]Reading, api.Silence)

// Live takes samples while somebody watches. Use NewLive. Its methods are safe for concurrent use.
type Live struct {
	gather Gather

	mu      sync.Mutex // a leaf; guards everything below
	watches map[*Watch]struct{}
	newest  *api.LiveSample // nil: none since somebody watches
	stop    func()          // ends the goroutine that samples; nil: nobody watches
}

// NewLive returns a Live that takes no samples yet.
func NewLive(gather Gather) *Live {
	return &Live{gather: gather, watches: map[*Watch]struct{}{}}
}

// Watch receives samples until it is closed.
type Watch struct {
	// C has the newest sample that was not received, at first one of the present.
	C    chan api.LiveSample
	live *Live
}

// Watch begins to receive samples. The caller closes the result.
func (l *Live) Watch() *Watch {
	w := &Watch{C: make(chan api.LiveSample, 1), live: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.watches[w] = struct{}{}
	if l.newest != nil {
		w.C <- *l.newest
	}
	if l.stop == nil {
		ctx, cancel := context.WithCancel(context.Background())
		l.stop = cancel
		go l.run(ctx)
	}
	return w
}

// Close ends the watch. When the last one is closed no more samples are taken.
func (w *Watch) Close() {
	l := w.live
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.watches, w)
	if len(l.watches) == 0 && l.stop != nil {
		l.stop()
		l.stop, l.newest = nil, nil
	}
}

// run takes samples until ctx is done.
func (l *Live) run(ctx context.Context) {
	ticker := time.NewTicker(LiveInterval)
	defer ticker.Stop()
	for before := map[string]Totals{}; ; {
		readings, silence := l.gather(ctx)
		s := api.LiveSample{Sample: sumOf(readings, before), Silence: silence}
		l.deliver(ctx, s)
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// sumOf returns the sum of the samples of some servers since the readings before, which it
// replaces. Of a server that has no such reading it is since the last sample of its hour.
func sumOf(readings map[string]Reading, before map[string]Totals) (sum api.Sample) {
	for name, r := range readings {
		last, known := before[name]
		if !known {
			last = r.Before
		}
		one := sampleOf(&last, &r.Now)
		add(&sum, &one)
	}
	clear(before)
	for name, r := range readings {
		before[name] = r.Now
	}
	sum.At = time.Now().UTC()
	return sum
}

// deliver gives a sample to all watches, in the place of one that was not received, unless ctx is
// done: then another goroutine samples, or none.
func (l *Live) deliver(ctx context.Context, s api.LiveSample) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	l.newest = &s
	for w := range l.watches {
		select {
		case <-w.C:
		default:
		}
		w.C <- s
	}
}
