// Command cluster compares several nodes that share rooms through a Redis with one node that has
// none, under the same load in the same run. All nodes have one core together; the load generator
// and Redis have another. It prints a row for each bound: the figure, the bound, and "ok" or
// "short".
//
//	make bench-cluster [BASE=COMMIT] [ARGS="-for 20s -rows thousand,takeover"]
//
// It needs Linux with two cores, taskset and redis-server. CPU is the user and system time of the
// processes.
//
// Files, in layers; each uses only what is listed before it:
//
//	bench.go town.go measure.go       options; nodes and Redis; how a run is measured
//	rows.go recover.go unchanged.go   load; nodes that end; a binary without several nodes
//	main.go                           the command
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
	"github.com/civicpress/civic-realtime/bench/process"
	"github.com/civicpress/civic-realtime/bench/table"
)

// sections are the parts of the table, in order.
var sections = []table.Section[*bench]{
	{Name: "unchanged", Measure: (*bench).unchanged},
	{Name: "thousand", Measure: (*bench).thousand},
	{Name: "many", Measure: (*bench).many},
	{Name: "scale", Measure: (*bench).scale},
	{Name: "takeover", Measure: (*bench).takeover},
	{Name: "drain", Measure: (*bench).drained},
}

func main() {
	b := new(bench)
	flag.StringVar(&b.binary, "binary", "bin/civic-realtime", "our server")
	flag.StringVar(&b.base, "base", "", "a server to compare with where there is no Redis")
	flag.DurationVar(&b.runs, "for", 6*time.Second, "how long each run is measured")
	flag.IntVar(&b.connections, "connections", 10_000, "connections of the largest run")
	within := flag.Duration("within", 90*time.Minute, "how long all of it may take")
	rows := flag.String("rows", "", "parts of the table: some of "+table.Names(sections)+"; empty for all")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *within)
	defer cancel()
	if err := b.run(ctx, *rows); err != nil {
		fmt.Fprintln(os.Stderr, "bench-cluster:", err)
		os.Exit(1)
	}
}

func (b *bench) run(ctx context.Context, only string) (err error) {
	if b.serverCPU, err = process.MoveOver(); err != nil {
		return err
	}
	if b.binary, err = filepath.Abs(b.binary); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "bench-cluster"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	b.stream = load.Typed(20_000)
	return table.Print(ctx, b, sections, only)
}
