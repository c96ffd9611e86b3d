package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/table"
)

// runsEach is how often each of two binaries is measured, one after the other.
const runsEach = 3

// unchanged compares this binary with the one of before several nodes.
func (b *bench) unchanged(ctx context.Context) ([]table.Row, error) {
	const what = "without Redis: 1,000 connections, beside the binary before"
	if b.base == "" {
		return []table.Row{table.New(what, "no binary to compare with: make bench-cluster BASE=COMMIT", "-", true)}, nil
	}
	var now, before []float64
	for range runsEach {
		for _, binary := range []string{b.base, b.binary} {
			k := alone
			k.binary = binary
			m, err := b.measure(ctx, k, load.Shape{Rooms: 100, Clients: 10, Writers: 2},
				load.Pace{Updates: 5, Moves: 2})
			if err != nil {
				return nil, err
			}
			if binary == b.base {
				before = append(before, m.per())
			} else {
				now = append(now, m.per())
			}
		}
	}
	times := slices.Min(now) / slices.Min(before)
	figure := fmt.Sprintf("%.2f µs CPU a delivered update, was %.2f: %.2f times (least of %d)",
		slices.Min(now), slices.Min(before), times, runsEach)
	return []table.Row{table.Most(what, figure, "1.05 times", times, 1.05)}, nil
}
