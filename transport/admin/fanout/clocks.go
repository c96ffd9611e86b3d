package fanout

import (
	"context"
	"io"
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// MetricHelp describes the metrics that Clocks.WriteMetrics writes: in each line the name, the type
// and the meaning of one.
const MetricHelp = `
realtime_cluster_clock_difference_seconds gauge Largest difference to the clock of another node, as probes of the last minute have found it.
`

// knownTime is how long the difference of a clock is known after a probe.
const knownTime = time.Minute

// Clocks probes other nodes, and knows by how much their clocks differ. Use NewClocks.
type Clocks struct {
	caller *Caller
	set    *metrics.Set

	mu    sync.Mutex // a leaf; guards everything below
	ahead map[string]difference
}

// difference is by how much the clock of a node is ahead.
type difference struct {
	ahead time.Duration
	at    time.Time
}

// NewClocks returns Clocks that know nothing yet.
func NewClocks(c *Caller) *Clocks {
	k := &Clocks{caller: c, set: metrics.NewSet(), ahead: map[string]difference{}}
	k.set.NewGauge("realtime_cluster_clock_difference_seconds", func() float64 {
		return k.largest(time.Now()).Seconds()
	})
	return k
}

// Ask probes the node at an address, and reports whether that node sees Redis.
func (k *Clocks) Ask(ctx context.Context, address string) (sees bool, err error) {
	a, took, ahead, err := k.caller.Probe(ctx, address)
	if err != nil {
		return false, err
	}
	now := time.Now()
	k.mu.Lock()
	defer k.mu.Unlock()
	for other, d := range k.ahead {
		if now.Sub(d.at) > knownTime {
			delete(k.ahead, other)
		}
	}
	k.ahead[address] = difference{sure(ahead, took), now}
	return a.SeesShared, nil
}

// sure returns what is sure of a difference that is exact to half of the time that a probe took.
func sure(ahead, took time.Duration) time.Duration { return max(0, ahead.Abs()-took/2) }

// largest returns the largest difference that is known.
func (k *Clocks) largest(now time.Time) (largest time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, d := range k.ahead {
		if now.Sub(d.at) <= knownTime {
			largest = max(largest, d.ahead)
		}
	}
	return largest
}

// WriteMetrics writes the metrics in the Prometheus text format.
func (k *Clocks) WriteMetrics(w io.Writer) { k.set.WritePrometheus(w) }
