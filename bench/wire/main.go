// Command wire compares civic-realtime under load with other servers, on the same updates in the
// same run: a bare relay, y-websocket 2's server and Hocuspocus. The server has one core and the
// load generator another. It prints a row for each bound: the figure, the bound, and "ok" or
// "short".
//
//	make bench-wire [ARGS="-for 20s -idle 1m -rows hot,rooms"]
//
// It needs Linux with two cores and taskset, Node 20 and the packages of
// bench/wire/package.json; the row console also Chromium and the packages of the console's tests.
// CPU is the user and system time of the server's process.
//
// Files, in layers; each uses only what is listed before it:
//
//	bench.go protocols.go        options; allocations of the protocols
//	process.go server.go yjs.go  open files; servers; updates of real Yjs
//	idle.go join.go compression.go measure.go  idle connections, joins, and how a run is measured
//	rows.go tls.go documents.go  busy rooms; what TLS costs, and Hocuspocus' protocol
//	alone.go                     people who type alone, and what it costs to keep who wrote what
//	browser.go console.go        a browser; what it costs to have the operators' console open
//	main.go                      the command
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

	"github.com/civicpress/civic-realtime/bench/process"
	"github.com/civicpress/civic-realtime/bench/table"
)

// sections are the parts of the table, in order.
var sections = []table.Section[*bench]{
	{Name: "protocols", Measure: (*bench).protocols},
	{Name: "hot", Measure: (*bench).hot},
	{Name: "rooms", Measure: (*bench).rooms},
	{Name: "alone", Measure: (*bench).alone},
	{Name: "authors", Measure: (*bench).authors},
	{Name: "saturation", Measure: (*bench).saturation},
	{Name: "idle", Measure: (*bench).idleRows},
	{Name: "joins", Measure: (*bench).joins},
	{Name: "compression", Measure: (*bench).compression},
	{Name: "tls", Measure: (*bench).tls},
	{Name: "hocuspocus", Measure: (*bench).documents},
	{Name: "console", Measure: (*bench).consoleRows},
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == relayCommand {
		exit(serveRelay())
	}
	b := new(bench)
	flag.StringVar(&b.trace, "trace", "../shared/data/b4-editing-trace.json.gz", "editing trace; one is generated where the file is absent")
	flag.StringVar(&b.scripts, "scripts", "bench/wire", "folder of the scripts and of node_modules")
	flag.StringVar(&b.binary, "binary", "bin/civic-realtime", "our server")
	flag.StringVar(&b.config, "config", "bench/wire/realtime.yml", "configuration file of our server")
	flag.StringVar(&b.console, "console", "cmd/civic-realtime/e2e/console", "folder of the console's tests")
	flag.DurationVar(&b.opened, "opened", 3*time.Minute, "how long a page of the console is open before its memory is measured")
	flag.DurationVar(&b.runs, "for", 6*time.Second, "how long each run is measured")
	flag.DurationVar(&b.idle, "idle", 30*time.Second, "how long idle connections are measured; best a multiple of 15s")
	flag.IntVar(&b.connections, "connections", 5000, "idle connections")
	within := flag.Duration("within", 30*time.Minute, "how long all of it may take")
	rows := flag.String("rows", "", "parts of the table: some of "+table.Names(sections)+"; empty for all")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, cancel := context.WithTimeout(ctx, *within)
	defer cancel()
	exit(b.run(ctx, *rows))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench-wire:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func (b *bench) run(ctx context.Context, only string) (err error) {
	if b.serverCPU, err = process.MoveOver(); err != nil {
		return err
	}
	if b.binary, err = filepath.Abs(b.binary); err != nil {
		return err
	}
	if b.dir, err = os.MkdirTemp("", "bench-wire"); err != nil {
		return err
	}
	defer os.RemoveAll(b.dir)
	if err := b.prepare(ctx); err != nil {
		return err
	}
	return table.Print(ctx, b, sections, only)
}
