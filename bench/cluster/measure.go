package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/persist"
)

// measured is the cost of a run.
type measured struct {
	kind
	report load.Report
	cpu    time.Duration // of all nodes
	redis  time.Duration // of Redis
	memory memory
	state  error // why the final documents are wrong; nil: they are not
}

// memory is what Redis takes, in bytes.
type memory struct{ used, documents, rows int64 }

// per returns the CPU time of a delivered update, in microseconds.
func (m measured) per() float64 {
	return float64(m.cpu) / 1e3 / float64(max(1, m.report.Delivered))
}

// runsEach is how often each kind is measured: an odd number, so that one run is the median.
const runsEach = 7

// median measures each kind several times, by turns, so that a machine that is slower for a while
// is slower for all. It returns of each kind the run that counts; see medianOf.
func (b *bench) median(ctx context.Context, pace load.Pace, kinds ...kind) ([]measured, error) {
	runs := make([][]measured, len(kinds))
	for range runsEach {
		for i, k := range kinds {
			m, err := b.measure(ctx, k, pace)
			if err != nil {
				return nil, err
			}
			runs[i] = append(runs[i], m)
		}
	}
	medians := make([]measured, len(kinds))
	for i := range kinds {
		medians[i] = medianOf(runs[i])
	}
	return medians, nil
}

// medianOf returns the run whose CPU time of a delivered update is the median, as single runs
// scatter to both sides; or the first run with wrong documents, if there is one. Its latencies are
// those of all runs: about one delivery in a hundred waits for the end of a window, so that the p99
// of a single run is that of a window or less by chance.
func medianOf(runs []measured) measured {
	sorted := slices.SortedFunc(slices.Values(runs), func(a, b measured) int {
		return cmp.Compare(a.per(), b.per())
	})
	m := sorted[len(sorted)/2]
	if i := slices.IndexFunc(runs, func(m measured) bool { return m.state != nil }); i >= 0 {
		m = runs[i]
	}
	m.report.Latency, m.report.Late = load.NewLatencies(), load.NewLatencies()
	for _, run := range runs {
		m.report.Latency.AddAll(run.report.Latency)
		m.report.Late.AddAll(run.report.Late)
	}
	return m
}

const (
	warmUp = 2 * time.Second
	drain  = 5 * time.Second // time for updates to arrive after the last was due
)

// measure starts nodes, lets a fleet write at a pace for a moment, and then measures them.
func (b *bench) measure(ctx context.Context, k kind, pace load.Pace) (m measured, err error) {
	m.kind = k
	t, err := b.start(ctx, k)
	if err != nil {
		return m, err
	}
	defer t.end()
	f, err := load.Connect(ctx, t.target(), k.shape, b.stream)
	if err != nil {
		return m, fmt.Errorf("%s: %w", k.name, err)
	}
	defer f.Close()
	pace.For, pace.Patience = warmUp, drain
	if _, err := f.Run(ctx, pace); err != nil {
		return m, fmt.Errorf("%s: %w", k.name, err)
	}
	pace.For = b.runs
	nodes, ofRedis := t.cpu(), t.redisCPU()
	if m.report, err = f.Run(ctx, pace); err != nil {
		return m, fmt.Errorf("%s: %w", k.name, err)
	}
	m.cpu, m.redis = t.cpu()-nodes, t.redisCPU()-ofRedis
	m.state = errors.Join(m.report.Err(), f.Check())
	if t.redis != nil {
		m.memory, err = t.memory(ctx)
	}
	return m, err
}

// redisCPU returns the CPU time of Redis.
func (t *town) redisCPU() time.Duration {
	if t.redis == nil {
		return 0
	}
	return t.redis.CPU()
}

// memory returns what Redis takes for the rooms, and for what of them.
func (t *town) memory(ctx context.Context) (m memory, err error) {
	if m.used, err = t.used(ctx); err != nil {
		return m, err
	}
	m.used -= t.empty
	rooms, err := t.stored(ctx)
	for _, r := range rooms {
		m.documents += int64(max(r.Snapshot, 0))
		m.rows += int64(r.Rows)
	}
	return m, err
}

// stored lists the rooms in Redis.
func (t *town) stored(ctx context.Context) ([]persist.Room, error) {
	return t.client.Rooms("bench", persist.Retention{}).Rooms(ctx)
}
