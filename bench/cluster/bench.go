package main

import (
	"fmt"
	"time"

	"github.com/civicpress/civic-realtime/bench/load"
)

// bench has the options of a run, and the updates that are sent.
type bench struct {
	binary, base string        // our server; the one of before several nodes, or ""
	runs         time.Duration // how long a run is measured
	connections  int           // of the largest run
	serverCPU    string
	dir          string // for files
	stream       load.Stream
}

// row is a line of the table.
type row struct {
	what, figure, bound string
	ok                  bool
}

func (r row) String() string {
	result := "short"
	if r.ok {
		result = "ok"
	}
	return fmt.Sprintf("%-52s %-84s %-30s %s", r.what, r.figure, r.bound, result)
}

// most makes a row of which the value must be at most the bound.
func most(what, figure, bound string, value, limit float64) row {
	return row{what, figure, "≤ " + bound, value <= limit}
}

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }
