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
	before := alone
	before.binary = b.base
	shape := load.Shape{Rooms: 100, Clients: 10, Writers: 2}
	best, err := b.best(ctx, []kind{before, alone}, []load.Shape{shape, shape},
		load.Pace{Updates: 5, Moves: 2})
	if err != nil {
		return nil, err
	}
	times := best[1].per() / best[0].per()
	figure := fmt.Sprintf("%.2f µs CPU a delivered update, was %.2f: %.2f times (least of %d)",
		best[1].per(), best[0].per(), times, runsEach)
	return []table.Row{table.Most(what, figure, "1.05 times", times, 1.05)}, nil
}
