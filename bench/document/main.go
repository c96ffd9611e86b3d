// Command document compares the flat document with real Yjs and ygo, on the same updates in the
// same run, and prints a row for each bound: the figure, the bound, and "ok" or "short".
//
//	go run ./bench/document [-trace FILE]
//
// It needs Node 20 and the packages of bench/package.json.
//
// Files, in layers; each uses only what is listed before it:
//
//	input.go measure.go  the updates of real Yjs; times, allocations
//	rows.go drafts.go    the measurements
//	main.go              the command
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/civicpress/civic-realtime/bench/table"
)

func main() {
	trace := flag.String("trace", "../shared/data/b4-editing-trace.json.gz", "editing trace; one is generated where the file is absent")
	scripts := flag.String("scripts", "bench/document", "folder of yjs.mjs")
	flag.Parse()
	if err := run(*trace, *scripts); err != nil {
		fmt.Fprintln(os.Stderr, "bench-document:", err)
		os.Exit(1)
	}
}

func run(trace, scripts string) error {
	dir, err := os.MkdirTemp("", "bench-document")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	in, err := fromYjs(dir, trace, scripts)
	if err != nil {
		return err
	}
	fmt.Printf("%d updates, a text of %d characters, %d bytes as Yjs encodes it\n\n",
		len(in.updates), in.yjs.Text, len(in.state))
	for _, measure := range []func(*input) []table.Row{
		apply, encode, diff, heap, load, manyClients, sizes, compaction, snapshots, drafts,
	} {
		for _, r := range measure(in) {
			fmt.Println(r)
		}
	}
	return nil
}
