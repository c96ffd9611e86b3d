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

func ms(d time.Duration) string { return fmt.Sprintf("%.1f ms", float64(d)/1e6) }
