package fanout

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

const (
	probeEvery = 5 * time.Second
	probeTime  = time.Second // in which a node must answer
)

// Prober measures how long other nodes take to answer. Use NewProber.
type Prober struct {
	caller   *Caller
	others   func() []string
	counters *counters
	silent   atomic.Int64 // nodes that have not answered the last probe
	drift    atomic.Int64 // largest difference of clocks at the last probes, in ns
}

// NewProber returns a prober of the nodes whose addresses others returns.
func NewProber(c *Caller, others func() []string) *Prober {
	p := &Prober{caller: c, others: others, counters: newCounters()}
	p.gauges()
	return p
}

// Run probes all other nodes every five seconds, until ctx is done.
func (p *Prober) Run(ctx context.Context) {
	next := time.NewTicker(probeEvery)
	defer next.Stop()
	for {
		p.probe(ctx)
		select {
		case <-ctx.Done():
			return
		case <-next.C:
		}
	}
}

// probe probes all other nodes at once.
func (p *Prober) probe(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	var probes sync.WaitGroup
	var silent, drift atomic.Int64
	for _, address := range p.others() {
		probes.Go(func() {
			_, took, ahead, err := p.caller.Probe(ctx, address)
			if err != nil {
				p.counters.failed.Inc()
				silent.Add(1)
				return
			}
			p.counters.took.Update(took.Seconds())
			raise(&drift, int64(max(0, ahead.Abs()-took/2)))
		})
	}
	probes.Wait()
	p.silent.Store(silent.Load())
	p.drift.Store(drift.Load())
}

// raise makes v at least n.
func raise(v *atomic.Int64, n int64) {
	for {
		old := v.Load()
		if n <= old || v.CompareAndSwap(old, n) {
			return
		}
	}
}
