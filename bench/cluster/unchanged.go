package main

import (
	"context"
	"fmt"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/table"
)

// unchanged compares this binary with the one of before several nodes.
func (b *bench) unchanged(ctx context.Context) ([]table.Row, error) {
	const what = "without Redis: 1,000 connections, beside the binary before"
	if b.base == "" {
		return []table.Row{table.New(what, "no binary to compare with: make bench-cluster BASE=COMMIT", "-", true)}, nil
	}
	now := alone
	now.shape = load.Shape{Rooms: 100, Clients: 10, Writers: 2}
	before := now
	before.binary = b.base
	medians, err := b.median(ctx, load.Pace{Updates: 5, Moves: 2}, before, now)
	if err != nil {
		return nil, err
	}
	times := medians[1].per() / medians[0].per()
	figure := fmt.Sprintf("%.2f µs CPU a delivered update, was %.2f: %.2f times (median of %d runs)",
		medians[1].per(), medians[0].per(), times, runsEach)
	return []table.Row{table.Most(what, figure, "1.05 times", times, 1.05)}, nil
}
